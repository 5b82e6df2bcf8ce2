import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Issue, SediError } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { loadHeldOut, loadSeeds } from './load-tasks.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-tasks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const task = { instruction: 'Add the numbers.', input: '1 2', output: '3' }

function file(name: string, content: string | readonly unknown[]): string {
  const path = join(folder, name)
  writeFileSync(path, typeof content === 'string' ? content : content.map((row) => JSON.stringify(row)).join('\n'))
  return path
}

async function issuesOf(loading: Promise<unknown>): Promise<readonly Issue[]> {
  const error = await loading.catch((thrown: unknown) => thrown)
  expect(SediError.is(error, 'invalid-input')).toBe(true)
  return (error as SediError).issues
}

describe('loadSeeds', () => {
  it.each<[string, string, string | readonly unknown[], object]>([
    ['JSON lines', 'a.jsonl', [task], task],
    ['a JSON array, as Alpaca’s data', 'a.json', JSON.stringify([task]), task],
    ['another ending for JSON lines', 'a.ndjson', [task], task],
    [
      'Self-Instruct’s seed_tasks.jsonl: the first instance counts',
      'self-instruct.jsonl',
      [
        {
          id: 'seed_task_0',
          name: 'add',
          instruction: task.instruction,
          instances: [
            { input: '1 2', output: '3' },
            { input: 'x', output: 'y' },
          ],
          is_classification: false,
        },
      ],
      { ...task, id: 'seed_task_0' },
    ],
    ['no input', 'b.jsonl', [{ instruction: 'Say hello.', output: 'Hello' }], { instruction: 'Say hello.', input: '', output: 'Hello' }],
    [
      'messages',
      'c.jsonl',
      [
        {
          messages: [
            { role: 'user', content: 'Say hello.' },
            { role: 'assistant', content: 'Hello' },
          ],
        },
      ],
      { instruction: 'Say hello.', input: '', output: 'Hello' },
    ],
  ])('reads %s', async (_, name, content, wanted) => {
    expect(await loadSeeds(file(name, content))).toEqual([{ id: 'seed-001', origin: 'human', ...wanted }])
  })

  it('keeps ids, and names rows without one (or with one that is no text) by position', async () => {
    const seeds = await loadSeeds(file('ids.jsonl', [task, { ...task, id: 'mine' }, { ...task, id: '' }, { ...task, id: 7 }]))
    expect(seeds.map(({ id }) => id)).toEqual(['seed-001', 'mine', 'seed-003', 'seed-004'])
  })

  it('reports every broken row and every id that is taken, a default one included', async () => {
    const path = file('broken.jsonl', `${JSON.stringify({ ...task, id: 'seed-002' })}\n{broken\n${JSON.stringify(task)}\n{"instruction":" ","output":""}`)
    expect(await issuesOf(loadSeeds(path))).toEqual([
      { path: `${path}:2`, code: 'broken-row', message: expect.stringMatching(/not valid JSON/) },
      { path: `${path}:3`, code: 'duplicate-id', message: 'the id “seed-002” is used in line 1 already' },
      { path: `${path}:4`, code: 'broken-row', message: 'the instruction is empty' },
    ])
  })

  it('wants at least one', async () => {
    expect(await issuesOf(loadSeeds(file('empty.jsonl', '\n\n')))).toEqual([expect.objectContaining({ code: 'empty' })])
    await expect(loadSeeds(join(folder, 'missing.jsonl'))).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('loadHeldOut', () => {
  it('takes the output as the reference, and a group where there is one', async () => {
    const items = await loadHeldOut(file('test.jsonl', [{ ...task, id: 't', group: 'sums' }, task]))
    const { output: reference, ...question } = task
    expect(items).toEqual([
      { ...question, reference, id: 't', group: 'sums' },
      { ...question, reference, id: 'test-0002', group: '' },
    ])
  })
})
