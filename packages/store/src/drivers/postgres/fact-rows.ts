import { type Fact, type FactKind, factKinds, type Recorded, SediError } from '@sedi/spec'
import { checksumOf } from '../../facts/checksum.ts'
import { camelCase, isJson, snakeCase, tables } from '../../facts/tables.ts'
import type { Queries, Row } from './server.ts'

/** A column of a fact's table, the field it holds, and its type's name. */
export type Column = { readonly column: string; readonly field: string; readonly type: string }

/** The columns of each kind of fact, in the order of its table. */
export type Shapes = ReadonlyMap<FactKind, readonly Column[]>

export type Value = string | number | null

/** Columns that are not fields of the fact. */
const ownColumns: readonly string[] = ['run', 'seq', 'checksum']

export async function readShapes(queries: Queries, schema: string): Promise<Shapes> {
  const { rows } = await queries.query(
    `SELECT table_name, column_name, udt_name FROM information_schema.columns WHERE table_schema = $1 ORDER BY table_name, ordinal_position`,
    [schema],
  )
  const byTable = Map.groupBy(rows, ({ table_name }) => String(table_name))
  return new Map(
    factKinds.map((kind) => {
      const columns = (byTable.get(snakeCase(kind)) ?? []).filter(({ column_name }) => !ownColumns.includes(String(column_name)))
      return [kind, columns.map(({ column_name: name, udt_name: type }) => ({ column: String(name), field: camelCase(String(name)), type: String(type) }))]
    }),
  )
}

/** A fact's values in the order of its columns, as they will be read back. */
export function valuesOf(fact: Fact, columns: readonly Column[]): Value[] {
  const fields = fact as unknown as Readonly<Record<string, unknown>>
  return columns.map(({ field }) => storedValue(fact.kind, field, fields[field]))
}

/** Text becomes well-formed, as UTF-8 needs it; what is no number becomes NULL, as in SQLite. */
export function storedValue(kind: FactKind, field: string, value: unknown): Value {
  if (value === undefined || value === null || Number.isNaN(value)) return null
  if (isJson(kind, field)) return JSON.stringify(value)
  return typeof value === 'string' ? value.toWellFormed() : (value as Value)
}

/**
 * PostgreSQL's text has no U+0000. It is written as ESC 0, and ESC itself as ESC 1; JSON has its own way of writing both.
 */
export const written = (value: Value): Value => (typeof value === 'string' ? value.replaceAll('\u001b', '\u001b1').replaceAll('\u0000', '\u001b0') : value)

/** Text as it was before `written`. */
export const readText = (value: Row[string] | undefined): string => String(value).replaceAll('\u001b0', '\u0000').replaceAll('\u001b1', '\u001b')

/** Reads a row back. Throws `storage` when its bytes are not those that were written. */
export function decodeRow(kind: FactKind, row: Row, columns: readonly Column[]): Recorded<Fact> {
  const seq = Number(row.seq)
  const values = columns.map(({ column, type }) => {
    const value = row[column] ?? null
    return typeof value === 'string' && type !== 'json' ? readText(value) : value
  })
  if (checksumOf(kind, seq, values) !== Number(row.checksum)) {
    throw new SediError('storage', `The ledger is damaged: fact ${seq} (${kind}) is not as it was written.`, { details: { seq, kind } })
  }
  const fact: Record<string, unknown> = { kind, seq }
  for (const [i, { field }] of columns.entries()) fact[field] = values[i] !== null && isJson(kind, field) ? JSON.parse(String(values[i])) : values[i]
  return fact as unknown as Recorded<Fact>
}

export const keyFields = (kind: FactKind): readonly string[] => tables[kind].key as readonly string[]

/** Tells facts of one kind apart, by their natural key. */
export function keyOf(fact: Fact): string {
  const fields = fact as unknown as Readonly<Record<string, unknown>>
  return JSON.stringify(keyFields(fact.kind).map((field) => storedValue(fact.kind, field, fields[field])))
}
