import type { ResponseFormat, Task } from '@sedi/spec'
import type { ParsedItem, Reply } from '../strategies/strategy.ts'
import { excerpt, isNoInput } from './clean-reply.ts'
import { type JsonObject, readJsonObjects } from './read-json-objects.ts'

export type Field = 'instruction' | 'input' | 'output'

/** A schema in the strict subset that providers share: `{ "tasks": [{ … }] }`, every field a string. */
export function taskListFormat(name: string, fields: readonly Field[]): ResponseFormat {
  const task = {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
    required: fields,
    additionalProperties: false,
  }
  return {
    name,
    schema: { type: 'object', properties: { tasks: { type: 'array', items: task } }, required: ['tasks'], additionalProperties: false },
  }
}

/** One object per line. */
export function jsonExamples(tasks: readonly Task[], fields: readonly Field[]): string[] {
  return tasks.map((task) => JSON.stringify(Object.fromEntries(fields.map((field) => [field, task[field]]))))
}

/** Whether a reply looks as if it should be JSON. */
export const looksLikeJson = (text: string): boolean => /[{[]\s{0,40}["']/.test(text.slice(0, 4000))

/**
 * Every object with an instruction is an item, wherever in the reply it stands; one that breaks off after its instruction began is a broken
 * item. A reply with none of them is one malformed item; an empty one is none.
 */
export function readJsonTasks({ text, finishReason }: Reply, fields: readonly Field[]): readonly ParsedItem[] {
  if (text.trim() === '') return []
  const { objects, broken } = readJsonObjects(text)
  const items = objects.filter((object) => fieldOf(object, 'instruction') !== undefined).map((object) => readTask(object, fields))
  const reason = finishReason === 'length' ? 'truncated' : 'malformed'
  for (const part of broken.filter((one) => /^\{[^{]{0,200}["']?\binstruction\b/i.test(one))) {
    items.push({ ok: false, reason, excerpt: excerpt(part), problem: 'the object does not come to an end' })
  }
  if (items.length > 0) return items
  return [{ ok: false, reason, excerpt: excerpt(text), problem: 'no JSON object with an “instruction”' }]
}

function readTask(object: JsonObject, fields: readonly Field[]): ParsedItem {
  const broken = (problem: string): ParsedItem => ({ ok: false, reason: 'malformed', excerpt: excerpt(JSON.stringify(object)), problem })
  const [instruction, input, output] = (['instruction', 'input', 'output'] as const).map((field) => plainText(fieldOf(object, field)))
  if (instruction === '') return broken('empty instruction')
  if (fields.includes('output') && output === '') return broken('empty output')
  const task = {
    instruction: instruction!.replace(/\s+/g, ' '),
    input: isNoInput(input!) ? '' : input!,
    output: fields.includes('output') ? output! : '',
  }
  return { ok: true, task }
}

export function fieldOf(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  const key = Object.keys(object).find((each) => each.toLowerCase() === name)
  return key === undefined ? undefined : object[key]
}

/** What a value says as text: numbers and truth values as they are written, lists and objects as JSON. */
export function plainText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return (typeof value === 'object' ? JSON.stringify(value) : String(value)).trim()
}
