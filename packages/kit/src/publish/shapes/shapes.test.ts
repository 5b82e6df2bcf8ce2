import { type Columns, taskOfRecord } from '@sedi/store'
import { describe, expect, it } from 'vitest'
import { shapes } from './registry.gen.ts'
import type { RowShape } from './shape.ts'

const task = { id: 'r01-c0000-i00', instruction: 'Count the words.', input: 'a b c', output: '3' }
const plain = { id: 'r01-c0000-i01', instruction: 'Say hello.', input: '', output: 'Hello.' }

/** Whether a value is of its column's type. */
function fits(value: unknown, type: Columns[string]): boolean {
  if (typeof type === 'string') return type === 'string' ? typeof value === 'string' : typeof value === 'number'
  const fields = type.list
  if (!Array.isArray(value)) return false
  if (fields === 'string') return value.every((one) => typeof one === 'string')
  return value.every(
    (one) => JSON.stringify(Object.keys(one)) === JSON.stringify(Object.keys(fields)) && Object.values(one).every((x) => typeof x === 'string'),
  )
}

describe.each(Object.entries(shapes) as [string, RowShape][])('%s', (id, shape) => {
  it.each([{}, { system: 'You are terse.' }])('has a value of the right type for each column and nothing else: %o', (options) => {
    const columns = shape.columns(options)
    for (const one of [task, plain]) {
      const row = shape.row(one, options)
      expect(Object.keys(row)).toEqual(Object.keys(columns))
      for (const [name, type] of Object.entries(columns)) expect([name, fits(row[name], type)]).toEqual([name, true])
      expect(JSON.stringify(row).includes('You are terse.')).toBe('system' in options)
    }
  })

  it('is read again as the same task', () => {
    expect(shape.id).toBe(id)
    const flat = (one: typeof task): object => ({
      instruction: `${one.instruction}${one.input === '' ? '' : `\n\n${one.input}`}`,
      input: '',
      output: one.output,
    })
    for (const one of [task, plain]) {
      const { instruction, input, output } = one
      expect([{ task: { instruction, input, output } }, { task: flat(one) }]).toContainEqual(taskOfRecord(shape.row(one, {})))
    }
  })
})

it('alpaca marks a task without input by an empty text', () => {
  expect(shapes.alpaca.row(plain, {})).toEqual({ instruction: 'Say hello.', input: '', output: 'Hello.' })
})

it('sharegpt names its sides as FastChat does', () => {
  const { conversations } = shapes.sharegpt.row(task, { system: 'S' })
  expect(conversations.map(({ from }) => from)).toEqual(['system', 'human', 'gpt'])
})
