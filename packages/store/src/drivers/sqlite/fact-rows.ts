import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { type Fact, type FactKind, type Recorded, SediError } from '@sedi/spec'
import { checksumOf } from '../../facts/checksum.ts'
import { camelCase, isJson, snakeCase, tables } from '../../facts/tables.ts'

export type Row = Readonly<Record<string, SQLOutputValue>>

/** A column of a fact's table and the field it holds. */
export type Column = { readonly column: string; readonly field: string }

/** Columns that are not fields of the fact. */
const ownColumns: readonly string[] = ['seq', 'only', 'checksum']

/** The fields of a kind of fact, in the order of its table's columns. */
export function columnsOf(database: DatabaseSync, kind: FactKind): readonly Column[] {
  return database
    .prepare(`PRAGMA table_info(${snakeCase(kind)})`)
    .all()
    .map((row) => String(row.name))
    .filter((column) => !ownColumns.includes(column))
    .map((column) => ({ column, field: camelCase(column) }))
}

export function prepareInsert(database: DatabaseSync, kind: FactKind, columns: readonly Column[]): StatementSync {
  const names = columns.map(({ column }) => `"${column}"`).join(', ')
  return database.prepare(`INSERT INTO ${snakeCase(kind)} (seq, checksum, ${names}) VALUES (?, ?, ${columns.map(() => '?').join(', ')})`)
}

export function prepareByKey(database: DatabaseSync, kind: FactKind): StatementSync {
  const key = tables[kind].key.map((field) => `"${snakeCase(String(field))}" = ?`).join(' AND ')
  return database.prepare(`SELECT * FROM ${snakeCase(kind)} ${key === '' ? '' : `WHERE ${key}`}`)
}

export function keyValues(fact: Fact): SQLInputValue[] {
  const fields = fact as unknown as Readonly<Record<string, SQLInputValue>>
  return (tables[fact.kind].key as readonly string[]).map((field) => encode(fields[field]))
}

/** A fact's values in the order of its columns, as SQLite will give them back. */
export function encodeFact(fact: Fact, columns: readonly Column[]): SQLInputValue[] {
  const fields = fact as unknown as Readonly<Record<string, unknown>>
  return columns.map(({ field }) => encode(isJson(fact.kind, field) ? jsonOrNull(fields[field]) : fields[field]))
}

/** SQLite keeps text as UTF-8, which has no lone surrogates: they become U+FFFD here, where the checksum can see it. */
function encode(value: unknown): SQLInputValue {
  return typeof value === 'string' ? value.toWellFormed() : ((value ?? null) as SQLInputValue)
}

const jsonOrNull = (value: unknown): string | null => ((value ?? null) === null ? null : JSON.stringify(value))

/** Reads a row back. Throws `storage` when its bytes are not those that were written. */
export function decodeRow(kind: FactKind, row: Row, columns: readonly Column[]): Recorded<Fact> {
  const values = columns.map(({ column }) => row[column] ?? null)
  return factOf(kind, Number(row.seq), Number(row.checksum), values, columns)
}

export function factOf(kind: FactKind, seq: number, checksum: number, values: readonly SQLOutputValue[], columns: readonly Column[]): Recorded<Fact> {
  if (checksumOf(kind, seq, values) !== checksum) {
    throw new SediError('storage', `The ledger is damaged: fact ${seq} (${kind}) is not as it was written.`, { details: { seq, kind } })
  }
  const fact: Record<string, unknown> = { kind, seq }
  for (const [i, { field }] of columns.entries()) fact[field] = values[i] !== null && isJson(kind, field) ? JSON.parse(String(values[i])) : values[i]
  return fact as unknown as Recorded<Fact>
}
