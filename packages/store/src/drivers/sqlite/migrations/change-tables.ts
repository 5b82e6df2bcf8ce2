import type { DatabaseSync } from 'node:sqlite'
import { type FactKind, SediError } from '@sedi/spec'
import { checksumOf } from '../../../facts/checksum.ts'
import { snakeCase } from '../../../facts/tables.ts'
import { columnsOf } from '../fact-rows.ts'
import { appendOnly } from './layout-1.ts'

/**
 * Runs statements that change the columns of append-only tables, and gives their rows checksums over the new columns.
 * Throws `storage` for a table that is damaged.
 */
export function changeTables(database: DatabaseSync, changed: readonly FactKind[], statements: string): void {
  for (const kind of changed) assertWhole(database, kind)
  for (const kind of changed) dropTriggers(database, kind)
  database.exec(statements)
  for (const kind of changed) sealAgain(database, kind)
}

/** What is damaged must not get a fresh checksum. */
function assertWhole(database: DatabaseSync, kind: FactKind): void {
  const columns = columnsOf(database, kind)
  for (const row of database.prepare(`SELECT * FROM ${snakeCase(kind)}`).iterate()) {
    const values = columns.map(({ column }) => row[column] ?? null)
    if (checksumOf(kind, Number(row.seq), values) === Number(row.checksum)) continue
    throw new SediError(
      'storage',
      `The ledger is damaged: fact ${row.seq} (${kind}) is not as it was written. “sedi doctor <run> --salvage DIR” saves the rest.`,
    )
  }
}

function dropTriggers(database: DatabaseSync, kind: FactKind): void {
  const table = snakeCase(kind)
  database.exec(`DROP TRIGGER IF EXISTS ${table}_no_update; DROP TRIGGER IF EXISTS ${table}_no_delete`)
}

function sealAgain(database: DatabaseSync, kind: FactKind): void {
  const table = snakeCase(kind)
  const columns = columnsOf(database, kind)
  const update = database.prepare(`UPDATE ${table} SET checksum = ? WHERE seq = ?`)
  // A page at a time: the rows are updated while they are walked.
  const page = database.prepare(`SELECT * FROM ${table} WHERE seq > ? ORDER BY seq LIMIT 1000`)
  for (let after = 0; ; ) {
    const rows = page.all(after)
    for (const row of rows) {
      const values = columns.map(({ column }) => row[column] ?? null)
      update.run(checksumOf(kind, Number(row.seq), values), Number(row.seq))
    }
    if (rows.length < 1000) break
    after = Number(rows.at(-1)!.seq)
  }
  database.exec(appendOnly(table))
}
