import { isObject, type Shape, type Turn, taskOfTurns } from './shape.ts'

/** `messages: [{ role, content }]`: OpenAI's fine-tuning files, TRL and most of what is on the Hub today. */
export default {
  id: 'messages',
  title: 'messages: role and content, as in OpenAI’s fine-tuning files',
  recognises: ({ messages }) => Array.isArray(messages),
  read: ({ messages }) => (Array.isArray(messages) ? taskOfTurns(turnsOf(messages)) : { problem: 'expected a list in “messages”' }),
} satisfies Shape

/** Developer messages are what system messages are called with newer models. */
const roles: Readonly<Record<string, Turn['role']>> = { system: 'system', developer: 'system', user: 'user', assistant: 'assistant' }

/** Turns of a list of messages; what is no object is left out. */
export function turnsOf(messages: readonly unknown[]): Turn[] {
  return messages.filter(isObject).map(({ role, content }) => ({ role: roles[String(role)] ?? 'other', content: textOf(content) }))
}

/** The text of a content in parts, when all of them are texts; any other content as it is. */
function textOf(content: unknown): unknown {
  if (!Array.isArray(content)) return content
  const texts = content.map((part: unknown) => (isObject(part) && part.type === 'text' ? part.text : undefined))
  return texts.length > 0 && texts.every((text) => typeof text === 'string') ? texts.join('') : content
}
