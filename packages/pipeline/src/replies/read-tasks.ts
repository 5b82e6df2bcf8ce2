import type { ParsedItem, PromptOptions, Reply } from '../strategies/strategy.ts'
import { cleanReply } from './clean-reply.ts'
import { type Field, looksLikeJson, readJsonTasks } from './read-json-tasks.ts'
import { readLabelledTasks } from './read-labelled-tasks.ts'

/**
 * Reads whole tasks out of a reply, in the form that was asked for or, where that gives none, in the other: models do as they please.
 * Never throws, whatever the text.
 */
export function readTasks(reply: Reply, format: PromptOptions['format'], fields: readonly Field[]): readonly ParsedItem[] {
  const cleaned: Reply = { text: cleanReply(reply.text), finishReason: reply.finishReason }
  const labelled = () => readLabelledTasks(cleaned)
  const json = () => readJsonTasks(cleaned, fields)
  const [asked, other] = format === 'json' ? [json, labelled] : [labelled, json]
  const items = asked()
  if (items.some(({ ok }) => ok) || (format === 'text' && !looksLikeJson(cleaned.text))) return items
  const others = other()
  return others.some(({ ok }) => ok) ? others : items
}
