import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { readRows } from './read-rows.ts'
import { createRowWriter } from './row-writer.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-rows-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function rows(path: string): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const row of readRows(path)) all.push(row)
  return all
}

async function code(path: string): Promise<string> {
  return rows(path).then(
    () => 'no error',
    (error: unknown) => (SediError.is(error) ? error.code : String(error)),
  )
}

describe('readRows', () => {
  it('reads JSON lines with a BOM, CRLF, empty lines and no final newline; reports broken lines in their place', async () => {
    expect(await rows(file('a.jsonl', '\uFEFF{"a":1}\r\n\r\n{broken\n{"b":"ü"}'))).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 3, problem: expect.stringMatching(/not valid JSON/) },
      { line: 4, value: { b: 'ü' } },
    ])
  })

  it('reads a JSON array', async () => {
    expect(await rows(file('a.json', '[{"a":1}, 2]'))).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 2, value: 2 },
    ])
  })

  it('reads a .json file with a record in each line as JSON lines, with line numbers', async () => {
    expect(await rows(file('lines.json', '{"a":1}\n{broken\n{"a":2}\n'))).toEqual([
      { line: 1, value: { a: 1 } },
      { line: 2, problem: expect.stringMatching(/not valid JSON/) },
      { line: 3, value: { a: 2 } },
    ])
  })

  it('names what it cannot read', async () => {
    expect(await code(join(folder, 'missing.jsonl'))).toBe('not-found')
    expect(await code(folder)).toBe('invalid-input')
    expect(await code(file('a.txt', 'x'))).toBe('unsupported')
    expect(await code(file('b.json', '{"a":1}'))).toBe('invalid-input')
    expect(await code(file('c.json', '[1,'))).toBe('invalid-input')
    expect(await rows(file('empty.jsonl', ''))).toEqual([])
  })
})

describe('createRowWriter', () => {
  it('writes what readRows reads', async () => {
    const path = join(folder, 'out.jsonl')
    const writer = createRowWriter(path)
    for (let i = 0; i < 3000; i++) await writer.write({ i, text: 'line\nbreak '.repeat(20) })
    await writer.close()
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3001)
    expect((await rows(path))[2999]).toEqual({ line: 3000, value: { i: 2999, text: 'line\nbreak '.repeat(20) } })
  })

  it('rejects with storage when the file cannot be written', async () => {
    const writer = createRowWriter(join(folder, 'no', 'such', 'folder.jsonl'))
    const outcome = (): Promise<unknown> =>
      writer.write({}).then(
        () => 'taken',
        (error: unknown) => SediError.is(error) && error.code,
      )
    await expect.poll(outcome).toBe('storage')
  })
})
