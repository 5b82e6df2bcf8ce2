import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { SchemaNode } from '../../api/config.ts'
import { beginningOf, type Draft, differing, firstDraft, numberIn, valueAt, withValue } from './draft.ts'
import { type Field, fieldsOf, labelOf, labelOfPath, rangeOf, sayValue } from './fields.ts'
import { countWithin, issuesAt } from './issues.ts'
import { layOut } from './sections.ts'
import { tasksIn } from './task-file.ts'

// The schema as it is published: the form must take whatever it says.
const schema = JSON.parse(readFileSync(new URL('../../../../../packages/kit/schema.json', import.meta.url), 'utf8')) as SchemaNode
const fields = fieldsOf(schema)

const all = (list: readonly Field[]): readonly Field[] =>
  list.flatMap((field) => [
    field,
    ...(field.kind === 'group' ? all(field.fields) : []),
    ...(field.kind === 'adapter' ? field.variants.flatMap((variant) => all(variant.fields)) : []),
  ])
const at = (key: string): Field => all(fields).find(({ path }) => path.join('.') === key)!

describe('fields of the configuration’s own schema', () => {
  it.each([
    ['recipe', 'choice'],
    ['seeds', 'text'],
    ['generator', 'adapter'],
    ['embedder', 'adapter'],
    ['feedback.scorer', 'adapter'],
    ['generator.price', 'group'],
    ['target.calls', 'number'],
    ['filter.checks.prompt-leak', 'choice'],
    ['batches.conflictLimit', 'switch'],
    ['evaluation.evaluators', 'some'],
    ['filter.benchmarks', 'lines'],
    ['generator.teacher', 'json'],
    ['trainer.learningRateMultiplier', 'json'],
  ])('%s is a %s', (key, kind) => {
    expect(at(key)?.kind).toBe(kind)
  })

  it('an adapter has all there are, each with its own options and without its id', () => {
    const generator = at('generator') as Field & { readonly kind: 'adapter' }
    const { generator: node } = schema.properties!
    expect(generator.variants.map(({ id }) => id)).toEqual(node!.anyOf![0]!.enum)
    for (const { fields, description } of generator.variants) {
      expect(description).not.toBe('')
      expect(fields.map(({ name }) => name)).not.toContain('id')
    }
    expect(generator.required).toBe(true)
    expect(at('verifier').required).toBe(false)
  })

  it('every key stands in the form once, but for the store, which is the server’s', () => {
    const { first, sections } = layOut(fields)
    const shown = [...all(first), ...sections.flatMap((section) => all(section.fields))]
      .filter(({ kind }) => kind !== 'group')
      .map(({ path }) => path.join('.'))
    const there = all(fields).filter(({ kind, name, path }) => kind !== 'group' && !(name === 'store' && path.length === 1))
    expect(shown.toSorted()).toEqual(there.map(({ path }) => path.join('.')).toSorted())
  })

  it('a key that no heading names comes under “Other”', () => {
    const { sections } = layOut(fieldsOf({ properties: { ...schema.properties, brandNew: { type: 'string' } } }))
    expect(sections.at(-1)).toMatchObject({ title: 'Other', fields: [{ name: 'brandNew' }] })
  })
})

it('ranges, names and defaults in words', () => {
  expect(rangeOf({ minimum: 0, maximum: 1 })).toBe('0 to 1')
  expect(rangeOf({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })).toBe('at least 1')
  expect(rangeOf({ minimum: 0, maximum: 2 ** 32 - 1 })).toBe('at least 0')
  expect(rangeOf({ exclusiveMinimum: 0, exclusiveMaximum: 1 })).toBe('more than 0, less than 1')
  expect(rangeOf({})).toBe('')
  expect(['seedsPerPrompt', 'maxCostUsd', 'inputPerMTokUsd', 'timeoutMs', 'prompt-leak', 'baseUrl', 'pii'].map(labelOf)).toEqual([
    'Seeds per prompt',
    'Max cost ($)',
    'Input, $ per million tokens',
    'Timeout (ms)',
    'Prompt leak',
    'Base URL',
    'Pii',
  ])
  expect([labelOfPath(['filter', 'threshold']), labelOfPath(['batches', 'size']), labelOfPath(['rounds'])]).toEqual([
    'Filter threshold',
    'Batch size',
    'Rounds',
  ])
  expect([true, false, 0.85, [], ['a', 'b'], { id: 'lexical', dimensions: 256 }, undefined, null].map(sayValue)).toEqual([
    'on',
    'off',
    '0.85',
    'none',
    'a, b',
    'lexical',
    '',
    '',
  ])
})

describe('a draft', () => {
  const draft: Draft = { recipe: 'sedi', generator: 'openai', filter: { threshold: 0.8, checks: { pii: 'drop' } } }

  it('reads and writes at a key; a bare text is an adapter’s id', () => {
    expect(valueAt(draft, ['filter', 'checks', 'pii'])).toBe('drop')
    expect(valueAt(draft, ['filter', 'semantic', 'threshold'])).toBeUndefined()
    expect(valueAt(draft, ['generator', 'id'])).toBe('openai')
    expect(withValue(draft, ['generator', 'model'], 'm')).toEqual({ ...draft, generator: { id: 'openai', model: 'm' } })
    expect(withValue(draft, ['rounds'], 3)).toEqual({ ...draft, rounds: 3 })
    expect(Object.keys(withValue(draft, ['recipe'], 'alpaca'))).toEqual(['recipe', 'generator', 'filter'])
  })

  it('takes out what is taken back, and what is empty then', () => {
    const without = withValue(draft, ['filter', 'checks', 'pii'], undefined)
    expect(without).toEqual({ recipe: 'sedi', generator: 'openai', filter: { threshold: 0.8 } })
    expect(withValue(without, ['filter', 'threshold'], undefined)).toEqual({ recipe: 'sedi', generator: 'openai' })
    expect(withValue(draft, ['nothing', 'at', 'all'], undefined)).toEqual(draft)
    expect(withValue({ limits: { adaptive: true } }, ['limits', 'adaptive'], false)).toEqual({ limits: { adaptive: false } })
  })

  it('numbers are numbers, and what is none stays as it is typed', () => {
    expect(['0.5', ' 12 ', '1e-5', '0', '', ' ', 'many', '1,5'].map(numberIn)).toEqual([0.5, 12, 1e-5, 0, undefined, undefined, 'many', '1,5'])
  })

  it('of a run says only what does not follow from its beginning', () => {
    const config: Draft = {
      recipe: 'alpaca',
      seeds: 's.jsonl',
      generator: { id: 'openai', model: 'm', temperature: 0.3, maxOutputTokens: 3072 },
      trainer: { id: 'none' },
      target: { calls: 9 },
      filter: { threshold: 0.85, tokenizer: 'rouge', checks: { pii: 'drop', script: 'flag' } },
      embedder: { id: 'openai', model: 'e' },
      rounds: 10,
      budget: {},
    }
    const beginning = beginningOf(config, fields)
    expect(beginning).toEqual({ recipe: 'alpaca', seeds: 's.jsonl', generator: { id: 'openai', model: 'm' }, trainer: { id: 'none' }, target: { calls: 9 } })
    const given: Draft = {
      ...beginning,
      seeds: 'sedi:general',
      generator: { id: 'openai', model: 'm', temperature: 1, maxOutputTokens: 3072 },
      filter: { threshold: 0.7, tokenizer: 'rouge', checks: { pii: 'flag', script: 'flag' } },
      embedder: { id: 'lexical', dimensions: 256 },
      rounds: 10,
      budget: {},
    }
    expect(differing(config, beginning, given)).toEqual({
      ...beginning,
      generator: { id: 'openai', model: 'm', temperature: 0.3 },
      filter: { threshold: 0.85, checks: { pii: 'drop' } },
      embedder: { id: 'openai', model: 'e' },
    })
    expect(differing(given, firstDraft, given)).toEqual(firstDraft)
  })
})

it('issues stand at their fields, those of a list at the list', () => {
  const issue = (path: string) => ({ path, code: 'x', message: path })
  const issues = ['target', 'generator.id', 'generator.temperature', 'filter.benchmarks.0.file', 'filter.checks.pii'].map(issue)
  const paths = (key: string): string[] => issuesAt(issues, key.split('.')).map(({ path }) => path)
  expect(paths('target')).toEqual(['target'])
  expect(paths('generator')).toEqual(['generator.id'])
  expect(paths('generator.temperature')).toEqual(['generator.temperature'])
  expect(paths('filter')).toEqual([])
  expect(paths('filter.benchmarks')).toEqual(['filter.benchmarks.0.file'])
  expect([countWithin(issues, ['filter']), countWithin(issues, ['generator']), countWithin(issues, ['gen'])]).toEqual([2, 2, 0])
})

describe('a file of tasks', () => {
  const tasks = [
    { instruction: 'a', input: '', output: 'b' },
    { instruction: 'c', output: 'd' },
  ]
  it('is an array, or a task a line', () => {
    expect(tasksIn(JSON.stringify(tasks, null, 2), 'x.json')).toEqual(tasks)
    expect(tasksIn(`${tasks.map((task) => JSON.stringify(task)).join('\r\n\n')}\n`, 'x.jsonl')).toEqual(tasks)
  })
  it.each([
    ['', 'x.jsonl is empty'],
    ['{"instruction": "a"}\n{broken', 'x.jsonl, line 2 is not JSON'],
    ['"a text"', 'x.jsonl, line 1: expected an object'],
    ['[1, 2]', 'x.jsonl: expected objects'],
  ])('%j: says what is wrong, and where', (text, message) => {
    expect(() => tasksIn(text, 'x.jsonl')).toThrow(message)
  })
})
