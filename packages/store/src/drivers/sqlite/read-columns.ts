import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { FactColumns, FactKind, FactOf } from '@sedi/spec'
import { isJson, snakeCase } from '../../facts/tables.ts'
import { guarded } from './storage-error.ts'

/** Rows read at once: some milliseconds. */
const pageSize = 4000

/** Some fields of every fact of a kind, in order of recording. Cost for each fact about that of its row in the file: long texts that are not asked for are hardly read. */
export async function* readColumns<K extends FactKind, F extends keyof FactOf<K>>(
  database: DatabaseSync,
  path: string,
  kind: K,
  fields: readonly F[],
  after = 0,
): AsyncGenerator<readonly FactColumns<FactOf<K>, F>[]> {
  const names = fields.map(String)
  const statement = database.prepare(
    `SELECT ${['seq', ...names.map((name) => `"${snakeCase(name)}"`)].join(', ')} FROM ${snakeCase(kind)} WHERE seq > ? ORDER BY seq LIMIT ${pageSize}`,
  )
  statement.setReturnArrays(true)
  const json = names.map((name) => isJson(kind, name))
  for (let seen = after; ; ) {
    const rows = guarded(path, () => statement.all(seen) as unknown as SQLOutputValue[][])
    const page = rows.map((row) => {
      const fact: Record<string, unknown> = { seq: row[0] }
      for (let i = 0; i < names.length; i++) {
        const value = row[i + 1]
        fact[names[i]!] = json[i] && value !== null ? JSON.parse(String(value)) : value
      }
      return fact as FactColumns<FactOf<K>, F>
    })
    if (page.length > 0) yield page
    if (page.length < pageSize) return
    seen = page.at(-1)!.seq
  }
}
