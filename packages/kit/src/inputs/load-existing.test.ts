import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import { afterAll, expect, it } from 'vitest'
import { loadExisting } from './load-existing.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-existing-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

it('reads the instructions of any shape, and names each by file and line, two files of one name apart', async () => {
  const lines = file(
    'data.jsonl',
    '{"instruction":"One","input":"","output":"1"}\n\n{"messages":[{"role":"user","content":"Two"},{"role":"assistant","content":"2"}]}\n',
  )
  const array = file('other/data.jsonl', '{"prompt":"Three","completion":"3"}\n')
  const alpaca = file('alpaca.json', JSON.stringify([{ instruction: 'Four', input: 'x', output: '4' }]))
  expect(await loadExisting([lines, array, alpaca])).toEqual([
    { kind: 'existing', textId: 'data.jsonl:1', instruction: 'One' },
    { kind: 'existing', textId: 'data.jsonl:3', instruction: 'Two' },
    { kind: 'existing', textId: 'data.jsonl(2):1', instruction: 'Three' },
    { kind: 'existing', textId: 'alpaca.json:1', instruction: 'Four' },
  ])
  expect(await loadExisting([])).toEqual([])
})

it('names every broken row of every file and a file without rows, and how to leave them out', async () => {
  const broken = file('broken.jsonl', '{"instruction":"One","output":"1"}\n{broken\n{"instruction":7}\n')
  const error = await loadExisting([broken, file('empty.jsonl', '')]).catch((thrown: unknown) => thrown)
  if (!SediError.is(error, 'invalid-input')) throw error
  expect(error.issues.map(({ path }) => path.slice(folder.length + 1))).toEqual(['broken.jsonl:2', 'broken.jsonl:3', 'empty.jsonl'])
  expect(error.message).toMatch(/sedi import <file> --as pool/)
})

it('refuses more than a run can carry with it', async () => {
  const many = file('many.jsonl', '{"instruction":"One of many"}\n'.repeat(200_001))
  await expect(loadExisting([many])).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/at most 200000 texts.*sedi filter/) })
})
