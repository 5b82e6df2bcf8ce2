import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { SediError } from '@sedi/spec'
import type { SchemaElement } from 'hyparquet'
import type { Columns, ColumnType } from '../columns.ts'
import type { FileFormat } from './format.ts'

/** Rows of one group, read or written at a time: about 10 MB of instruction data. */
const rowsPerGroup = 10_000

/**
 * Apache Parquet, with nested columns as pyarrow and `datasets` have them. Reads Snappy, gzip, Zstandard and Brotli, a group of rows at a time;
 * writes Snappy, in bounded memory.
 */
export default {
  id: 'parquet',
  extensions: ['.parquet'],
  async *read(path) {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
    const unreadable = (cause: unknown): never => {
      throw new SediError('invalid-input', `${path} cannot be read as Parquet (${(cause as Error).message}).`, { cause })
    }
    const file = await asyncBufferFromFile(path)
    const metadata = await parquetMetadataAsync(file).catch(unreadable)
    let line = 0
    for (const { num_rows } of metadata.row_groups) {
      const rowEnd = line + Number(num_rows)
      const rows = await parquetReadObjects({ file, metadata, rowStart: line, rowEnd, compressors: decompressors }).catch(unreadable)
      for (const value of rows) yield { line: ++line, value: plain(value) }
    }
  },
  async write(path, rows, columns) {
    const { fileWriter, parquetWriteRows } = await import('hyparquet-writer')
    await parquetWriteRows({
      writer: fileWriter(path),
      rows: withWholeNumbers(rows, columns),
      columns: Object.keys(columns).map((name) => ({ name })),
      schema: parquetSchema(columns),
      rowGroupSize: rowsPerGroup,
      createdBy: 'SeDi',
    })
  },
} satisfies FileFormat

const decompressors = {
  GZIP: (input: Uint8Array) => new Uint8Array(gunzipSync(input)),
  ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)),
  BROTLI: (input: Uint8Array) => new Uint8Array(brotliDecompressSync(input)),
}

/** Whole numbers of 64 bits become numbers: rows are JSON everywhere else. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
}

/** The writer takes 64-bit numbers as bigint only. */
async function* withWholeNumbers(rows: AsyncIterable<object>, columns: Columns): AsyncGenerator<Record<string, unknown>> {
  const whole = Object.keys(columns).filter((name) => columns[name] === 'int')
  for await (const given of rows) {
    const row: Record<string, unknown> = { ...given }
    for (const name of whole) if (typeof row[name] === 'number') row[name] = BigInt(row[name])
    yield row
  }
}

/** Explicit, because a column that is left to guessing becomes JSON when it is nested, and changes its type with its values otherwise. */
function parquetSchema(columns: Columns): SchemaElement[] {
  return [{ name: 'schema', num_children: Object.keys(columns).length }, ...Object.entries(columns).flatMap(([name, type]) => elementsOf(name, type))]
}

function elementsOf(name: string, type: ColumnType): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const
  if (type === 'string') return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }]
  if (type === 'int') return [{ ...optional, type: 'INT64' }]
  if (type === 'float') return [{ ...optional, type: 'DOUBLE' }]
  const fields = type.list === 'string' ? undefined : Object.keys(type.list)
  const element: SchemaElement[] =
    fields === undefined
      ? elementsOf('element', 'string')
      : [{ name: 'element', repetition_type: 'OPTIONAL', num_children: fields.length }, ...fields.flatMap((field) => elementsOf(field, 'string'))]
  return [{ ...optional, converted_type: 'LIST', num_children: 1 }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, ...element]
}
