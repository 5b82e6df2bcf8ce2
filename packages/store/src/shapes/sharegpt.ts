import { isObject, type Shape, type Turn, taskOfTurns } from './shape.ts'

/** `conversations: [{ from, value }]`: ShareGPT's export and what LLaMA-Factory and axolotl took over. */
export default {
  id: 'sharegpt',
  title: 'ShareGPT: conversations of from and value',
  recognises: (record) => listOf(record)?.some((turn) => isObject(turn) && 'from' in turn) === true,
  read(record) {
    const turns = listOf(record)
    if (turns === undefined) return { problem: 'expected a list in “conversations”' }
    return taskOfTurns(turns.filter(isObject).map(({ from, value }) => ({ role: roles[String(from)] ?? 'other', content: value })))
  },
} satisfies Shape

const roles: Readonly<Record<string, Turn['role']>> = {
  system: 'system',
  human: 'user',
  user: 'user',
  gpt: 'assistant',
  chatgpt: 'assistant',
  assistant: 'assistant',
  model: 'assistant',
  bot: 'assistant',
}

const listOf = ({ conversations, conversation }: Readonly<Record<string, unknown>>): readonly unknown[] | undefined =>
  [conversations, conversation].find((one): one is unknown[] => Array.isArray(one))
