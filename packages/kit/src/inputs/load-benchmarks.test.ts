import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { loadBenchmarks, pinBenchmarks } from './load-benchmarks.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-benchmarks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, rows: readonly unknown[] | string): string {
  const path = join(folder, name)
  writeFileSync(path, typeof rows === 'string' ? rows : rows.map((row) => JSON.stringify(row)).join('\n'))
  return path
}

describe('loadBenchmarks', () => {
  it('reads the question of every usual shape, with its place', async () => {
    const rows = [
      { question: 'Q1', answer: 'A' },
      { prompt: 'Q2' },
      { problem: 'Q3', solution: 'S' },
      { instruction: 'Q4', input: 'with input', output: 'A' },
      { instruction: 'Q5', input: '', output: 'A' },
      {
        messages: [
          { role: 'system', content: 'S' },
          { role: 'user', content: 'Q6' },
        ],
      },
      { query: 'Q7', text: 'not this' },
      { instruction: 'Q8', instances: [{ input: 'of Self-Instruct', output: 'A' }] },
    ]
    const items = await loadBenchmarks([file('quiz.jsonl', rows)])
    expect(items.map(({ text }) => text)).toEqual(['Q1', 'Q2', 'Q3', 'Q4\nwith input', 'Q5', 'Q6', 'Q7', 'Q8\nof Self-Instruct'])
    expect(items[6]!.place).toBe('quiz.jsonl:7')
  })

  it('reads the field it is told', async () => {
    const path = file('choice.jsonl', [{ question: 'no', ctx: 'yes' }])
    expect(await loadBenchmarks([{ file: path, field: 'ctx' }])).toEqual([{ place: 'choice.jsonl:1', text: 'yes' }])
  })

  it('names every broken row of every file', async () => {
    const one = file('one.jsonl', '{broken\n{"question": "Q"}\n{"question": 7}')
    const two = file('two.jsonl', [{ question: 'Q' }])
    const empty = file('none.jsonl', '')
    const error = await loadBenchmarks([one, { file: two, field: 'ctx' }, empty]).catch((thrown: unknown) => thrown)
    if (!SediError.is(error, 'invalid-input')) throw error
    expect(error.issues.map(({ path, message }) => `${path.slice(folder.length + 1)} ${message}`)).toEqual([
      expect.stringMatching(/^one\.jsonl:1 not valid JSON/),
      expect.stringMatching(/^one\.jsonl:3 expected a text in instruction, messages, question/),
      'two.jsonl:1 expected a text in “ctx”',
      'none.jsonl expected at least one row',
    ])
  })
})

describe('pinBenchmarks', () => {
  it('notes what a file holds, and refuses another content afterwards', async () => {
    const path = file('pinned.jsonl', [{ question: 'Q' }])
    const pinned = await pinBenchmarks([path])
    expect(pinned).toEqual([{ file: path, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }])
    expect(await pinBenchmarks(pinned)).toEqual(pinned)
    file('pinned.jsonl', [{ question: 'Another' }])
    await expect(loadBenchmarks(pinned)).rejects.toThrow(/pinned\.jsonl is not what it was/)
    await expect(pinBenchmarks(pinned)).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('says which file is missing', async () => {
    await expect(pinBenchmarks([join(folder, 'nowhere.jsonl')])).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('nowhere.jsonl') })
  })
})
