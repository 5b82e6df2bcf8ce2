import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import type { Columns } from './columns.ts'
import { formats } from './formats/registry.gen.ts'
import { readRows } from './read-rows.ts'
import { writeRows } from './write-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-rows-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const columns = {
  id: 'string',
  messages: { list: { role: 'string', content: 'string' } },
  seeds: { list: 'string' },
  round: 'int',
  similarity: 'float',
} as const satisfies Columns

const rows = [
  { id: 'a', messages: [{ role: 'user', content: 'Zeile\n„zwei“ 😀' }], seeds: ['s1', 's2'], round: 1, similarity: 0.5 },
  { id: '', messages: [], seeds: [], round: 2 ** 40, similarity: 1 },
  {
    id: 'c',
    messages: [
      { role: 'user', content: '' },
      { role: 'assistant', content: 'x' },
    ],
    seeds: ['s1'],
    round: 0,
    similarity: null,
  }, // prettier-ignore
]

async function* given(some: readonly object[]): AsyncGenerator<object> {
  yield* some
}
const valuesOf = async (path: string): Promise<unknown[]> => (await Array.fromAsync(readRows(path))).map((row) => ('value' in row ? row.value : row))

describe.each(Object.values(formats))('writeRows as $id', ({ id, extensions }) => {
  const path = join(folder, `rows-of-${id}${extensions[0]}`)

  it('gives back what it was given: nesting, empty lists and texts, whole and missing numbers, any script', async () => {
    expect(await writeRows(path, given(rows), columns)).toBe(rows.length)
    expect(await valuesOf(path)).toEqual(rows)
  })

  it('writes the same bytes for the same rows, and a file without rows that can be read', async () => {
    const before = readFileSync(path)
    await writeRows(path, given(rows), columns)
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(await writeRows(path, given([]), columns)).toBe(0)
    expect(await valuesOf(path)).toEqual([])
  })

  it('keeps groups of rows in order', async () => {
    const many = Array.from({ length: 25_001 }, (_, i) => ({ id: `r${i}`, messages: [], seeds: [], round: i, similarity: i / 3 }))
    await writeRows(path, given(many), columns)
    expect(await valuesOf(path)).toEqual(many)
  })

  it('leaves the file that was there when the rows fail, and nothing beside it', async () => {
    writeFileSync(path, 'before')
    async function* failing(): AsyncGenerator<object> {
      yield rows[0]!
      throw new SediError('storage', 'the ledger is damaged')
    }
    await expect(writeRows(path, failing(), columns)).rejects.toThrow('the ledger is damaged')
    expect([readFileSync(path, 'utf8'), readdirSync(folder).filter((name) => name.endsWith('.part'))]).toEqual(['before', []])
  })

  it('says where it cannot write', async () => {
    const nowhere = join(folder, 'no', 'such', `folder${extensions[0]}`)
    await expect(writeRows(nowhere, given(rows), columns)).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining(`Cannot write ${nowhere}`),
    })
    expect(existsSync(nowhere)).toBe(false)
  })
})

it('Parquet columns have the types of pyarrow’s lists and structs, also in a file without rows', async () => {
  const path = join(folder, 'types.parquet')
  for (const some of [rows, []]) {
    await writeRows(path, given(some), columns)
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(path))
    const told = schema.map(({ name, type, converted_type, num_children }) =>
      [name, type ?? num_children, converted_type].filter((part) => part !== undefined).join(' '),
    )
    expect(told).toEqual([
      ...['schema 5', 'id BYTE_ARRAY UTF8'],
      ...['messages 1 LIST', 'list 1', 'element 2', 'role BYTE_ARRAY UTF8', 'content BYTE_ARRAY UTF8'],
      ...['seeds 1 LIST', 'list 1', 'element BYTE_ARRAY UTF8', 'round INT64', 'similarity DOUBLE'],
    ])
  }
})

it('refuses an ending that nothing writes', async () => {
  await expect(writeRows(join(folder, 'rows.csv'), given(rows), columns)).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/\.parquet/),
  })
})

it('a file that is no Parquet is named as such', async () => {
  const path = join(folder, 'broken.parquet')
  writeFileSync(path, 'PAR1 not really')
  await expect(valuesOf(path)).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/broken\.parquet cannot be read as Parquet/) })
})
