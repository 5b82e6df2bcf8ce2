import type { Task } from '@sedi/spec'

export type TaskOrProblem = { readonly task: Task } | { readonly problem: string }

type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads a task from a record of one of the usual shapes:
 * Alpaca (`instruction, input?, output`), Self-Instruct (`instruction, instances: [{ input, output }]`, the first instance counts) and
 * messages (`messages: [{ role, content }]`: first user turn and the assistant's reply to it; a system message comes before the instruction).
 */
export function taskOfRecord(record: unknown): TaskOrProblem {
  if (!isObject(record)) return { problem: `expected an object, got ${record === null ? 'null' : Array.isArray(record) ? 'an array' : typeof record}` }
  if (Array.isArray(record.messages)) return taskOfMessages(record.messages)
  if (Array.isArray(record.instances)) return taskOfInstances(record, record.instances)
  return build(record.instruction, record.input, record.output)
}

function taskOfInstances(record: JsonObject, instances: readonly unknown[]): TaskOrProblem {
  const first = instances[0]
  if (!isObject(first)) return { problem: 'expected at least one instance with input and output' }
  return build(record.instruction, first.input, first.output)
}

function taskOfMessages(messages: readonly unknown[]): TaskOrProblem {
  const turns = messages.filter(isObject)
  const system = turns.find((turn) => turn.role === 'system')
  const at = turns.findIndex((turn) => turn.role === 'user')
  const reply = turns[at + 1]
  if (at < 0 || reply?.role !== 'assistant') return { problem: 'expected a user message followed by an assistant message' }
  const question = turns[at]!.content
  const instruction = typeof system?.content === 'string' && typeof question === 'string' ? `${system.content}\n\n${question}` : question
  return build(instruction, '', reply.content)
}

function build(instruction: unknown, input: unknown, output: unknown): TaskOrProblem {
  if (typeof instruction !== 'string') return { problem: `expected a text in “instruction”, got ${kindOf(instruction)}` }
  if (instruction.trim() === '') return { problem: 'the instruction is empty' }
  if (input !== undefined && input !== null && typeof input !== 'string') return { problem: `expected a text in “input”, got ${kindOf(input)}` }
  if (typeof output !== 'string') return { problem: `expected a text in “output”, got ${kindOf(output)}` }
  return { task: { instruction, input: input ?? '', output } }
}

const kindOf = (value: unknown): string => (value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value)

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
