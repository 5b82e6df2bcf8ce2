import { turnsOf } from './messages.ts'
import { buildTask, type JsonObject, type Shape, taskOfTurns, withSystem } from './shape.ts'

/**
 * What distilabel's steps write: `instruction` with `generation`, `generations` or (Magpie) `response`, or a `conversation` of role and content.
 * Of several generations the one with the highest of `ratings` counts, without ratings the first that is a text.
 */
export default {
  id: 'distilabel',
  title: 'distilabel: instruction and generation(s), or conversation',
  recognises: (record) =>
    'distilabel_metadata' in record || 'generation' in record || Array.isArray(record.generations) || hasRoles(record.conversation ?? record.conversations),
  read(record) {
    const { instruction, input, generation, generations, response, conversation, conversations, system_prompt: system } = record
    const answer = generation ?? (Array.isArray(generations) ? bestOf(generations, record.ratings) : undefined) ?? response ?? record.output
    if (instruction !== undefined && instruction !== null) return buildTask(withSystem(system, instruction), input, answer)
    const turns = conversation ?? conversations ?? record.messages
    if (Array.isArray(turns)) return taskOfTurns(turnsOf(typeof answer === 'string' ? [...turns, { role: 'assistant', content: answer }] : turns))
    return { problem: 'expected “instruction” with “generation” or “generations”, or a list in “conversation”' }
  },
} satisfies Shape

function bestOf(generations: readonly unknown[], ratings: unknown): unknown {
  const rating = (i: number): number => (Array.isArray(ratings) && typeof ratings[i] === 'number' ? ratings[i] : Number.NEGATIVE_INFINITY)
  const texts = generations.flatMap((text, i) => (typeof text === 'string' ? [{ text, rating: rating(i) }] : []))
  return texts.reduce<(typeof texts)[number] | undefined>((best, one) => (best === undefined || one.rating > best.rating ? one : best), undefined)?.text
}

const hasRoles = (list: unknown): boolean =>
  Array.isArray(list) && list.some((turn: JsonObject | null) => typeof turn === 'object' && turn !== null && 'role' in turn)
