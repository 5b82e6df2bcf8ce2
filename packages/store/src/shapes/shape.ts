import type { Task } from '@sedi/spec'

export type JsonObject = Readonly<Record<string, unknown>>

/** A task of a record, or what is wrong with the record. */
export type TaskOrProblem =
  | {
      readonly task: Task
      /** Turns of a conversation after its first exchange; they are not in the task. Missing when there are none. */
      readonly turnsLeftOut?: number
    }
  | { readonly problem: string }

/** One way in which files hold tasks. One file in `shapes/` exports one of these; `id` is the file's name. */
export type Shape = {
  readonly id: string
  /** Whose files look like this, for messages and docs. */
  readonly title: string
  /** Whether a record looks like this. Shapes are asked in the order of their ids; the first wins. */
  recognises(record: JsonObject): boolean
  read(record: JsonObject): TaskOrProblem
}

/** A task of what a record says, each part checked. A missing input is an empty one. */
export function buildTask(instruction: unknown, input: unknown, output: unknown): TaskOrProblem {
  if (typeof instruction !== 'string') return { problem: `expected a text in “instruction”, got ${kindOf(instruction)}` }
  if (instruction.trim() === '') return { problem: 'the instruction is empty' }
  if (input !== undefined && input !== null && typeof input !== 'string') return { problem: `expected a text in “input”, got ${kindOf(input)}` }
  if (typeof output !== 'string') return { problem: `expected a text in “output”, got ${kindOf(output)}` }
  return { task: { instruction, input: input ?? '', output } }
}

/** A turn of a conversation, whatever its shape calls the two. */
export type Turn = { readonly role: 'system' | 'user' | 'assistant' | 'other'; readonly content: unknown }

/**
 * The first exchange of a conversation: the first turn of the user that the assistant replies to at once. What a system turn says comes before
 * the instruction, with an empty line between them.
 */
export function taskOfTurns(turns: readonly Turn[]): TaskOrProblem {
  const system = turns.find(({ role }) => role === 'system')?.content
  const at = turns.findIndex(({ role }, i) => role === 'user' && turns[i + 1]?.role === 'assistant')
  if (at < 0) return { problem: 'expected a user message followed by an assistant message' }
  const read = buildTask(withSystem(system, turns[at]!.content), '', turns[at + 1]!.content)
  const left = turns.length - at - 2
  return 'problem' in read || left === 0 ? read : { ...read, turnsLeftOut: left }
}

/** An instruction with what a system prompt says before it. */
export function withSystem(system: unknown, instruction: unknown): unknown {
  return typeof system === 'string' && system.trim() !== '' && typeof instruction === 'string' ? `${system}\n\n${instruction}` : instruction
}

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

export const kindOf = (value: unknown): string =>
  value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? 'an object' : typeof value
