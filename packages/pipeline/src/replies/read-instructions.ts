import type { ParsedItem, PromptOptions, Reply } from '../strategies/strategy.ts'
import { cleanReply } from './clean-reply.ts'
import { looksLikeJson, readJsonTasks } from './read-json-tasks.ts'
import { readShortTasks } from './read-short-tasks.ts'

/**
 * Reads a list of instructions, each perhaps followed by a line `Input: …`; the tasks' outputs are empty, also where the teacher wrote one
 * unasked. Never throws, whatever the text.
 */
export function readInstructions(reply: Reply, format: PromptOptions['format']): readonly ParsedItem[] {
  const text = cleanReply(reply.text)
  const list = () => readShortTasks(text, reply.finishReason, false)
  const json = () => readJsonTasks({ text, finishReason: reply.finishReason }, ['instruction', 'input'])
  const [asked, other] = format === 'json' ? [json, list] : [list, json]
  const items = asked()
  if (items.some(({ ok }) => ok) || (format === 'text' && !looksLikeJson(text))) return items
  const others = other()
  return others.some(({ ok }) => ok) ? others : items
}
