import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeRows } from '@sedi/store'
import { afterAll, expect, it } from 'vitest'
import { loadSeeds } from '../inputs/load-tasks.ts'
import { importTasks } from './import-tasks.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)

function file(name: string, rows: readonly unknown[]): string {
  writeFileSync(at(name), rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
  return at(name)
}

const chat = (...turns: string[]): object => ({ conversations: turns.map((value, i) => ({ from: i % 2 === 0 ? 'human' : 'gpt', value })) })

it('reads a mixed file: shapes counted, broken rows named, repeats left out, conversations shortened; what is written are seeds', async () => {
  const from = file('mixed.jsonl', [
    { id: 'mine', instruction: 'Add', input: '1 2', output: '3' },
    '{broken',
    chat('Name a river', 'Ebro', 'Another', 'Tajo'),
    chat('Only a question'),
    { instruction: 'Add', input: '1 2', output: '4' },
    { id: 'mine', prompt: 'Greet', completion: 'Hi' },
  ])
  const imported = await importTasks(from, at('seeds.jsonl'))
  expect(imported).toMatchObject({
    format: 'jsonl',
    shapes: { alpaca: 1, sharegpt: 1, 'prompt-completion': 1 },
    rows: 6,
    written: 3,
    repeated: 1,
    broken: 2,
    shortened: 1,
  })
  expect(imported.issues.map(({ path }) => path)).toEqual([`${from}:2`, `${from}:4`])
  expect((await loadSeeds(at('seeds.jsonl'))).map(({ id, instruction, output }) => [id, instruction, output])).toEqual([
    ['mine', 'Add', '3'],
    ['mixed-3', 'Name a river', 'Ebro'],
    ['mixed-6', 'Greet', 'Hi'],
  ])
})

it('reads nested columns of Parquet, and writes what the suffix says', async () => {
  async function* rows() {
    yield {
      messages: [
        { role: 'user', content: 'Add 1 2' },
        { role: 'assistant', content: '3' },
      ],
      n: 1,
    }
    yield { messages: null, n: 2 }
  }
  await writeRows(at('hub.parquet'), rows(), { messages: { list: { role: 'string', content: 'string' } }, n: 'int' })
  expect(await importTasks(at('hub.parquet'), at('hub.json'))).toMatchObject({ format: 'parquet', shapes: { messages: 1 }, written: 1, broken: 1 })
  expect(JSON.parse(readFileSync(at('hub.json'), 'utf8'))).toEqual([{ id: 'hub-1', instruction: 'Add 1 2', input: '', output: '3' }])
})

it('draws a sample with equal chances, the same for the same seed, in the file’s order', async () => {
  const from = file(
    'many.jsonl',
    Array.from({ length: 200 }, (_, i) => ({ instruction: `Task ${i}`, output: 'x' })),
  )
  const drawn = async (randomSeed: number): Promise<number[]> => {
    expect(await importTasks(from, at('drawn.jsonl'), { sample: 20, randomSeed })).toMatchObject({ written: 20, notDrawn: 180 })
    return (await loadSeeds(at('drawn.jsonl'))).map(({ instruction }) => Number(instruction.slice(5)))
  }
  const first = await drawn(1)
  expect(first).toEqual(first.toSorted((a, b) => a - b))
  expect(await drawn(1)).toEqual(first)
  const means = []
  for (let seed = 2; seed < 30; seed++) means.push((await drawn(seed)).reduce((sum, n) => sum + n, 0) / 20)
  // Mean of uniform draws: 99.5; the standard error over 28 draws of 20 is 2.3.
  expect(Math.abs(means.reduce((sum, mean) => sum + mean, 0) / means.length - 99.5)).toBeLessThan(8)
})

it('writes nothing when strict meets a broken row, or when no row can be used', async () => {
  const from = file('bad.jsonl', [{ instruction: 'Add', output: '3' }, { instruction: '' }])
  await expect(importTasks(from, at('never.jsonl'), { strict: true })).rejects.toMatchObject({
    code: 'invalid-input',
    message: expect.stringContaining(`${from}:2`),
  })
  await expect(importTasks(from, at('never.jsonl'), { shape: 'sharegpt' })).rejects.toMatchObject({
    code: 'invalid-input',
    message: expect.stringMatching(/no tasks[\s\S]*“conversations”/),
  })
  await expect(importTasks(from, at('never.txt'))).rejects.toMatchObject({ code: 'unsupported' })
  await expect(importTasks(from, at('never.jsonl'), { shape: 'sharegtp' })).rejects.toMatchObject({ code: 'invalid-config' })
  expect(existsSync(at('never.jsonl')) || existsSync(at('never.jsonl.part'))).toBe(false)
})
