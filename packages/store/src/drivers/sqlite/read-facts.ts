import type { DatabaseSync } from 'node:sqlite'
import { type Fact, type FactKind, factKinds, type Recorded } from '@sedi/spec'
import { snakeCase } from '../../facts/tables.ts'
import { columnsOf, decodeRow } from './fact-rows.ts'

/** Facts read at once: few at first, for who wants only few; then a few megabytes. */
const [firstPageSize, pageSize] = [250, 2000]

/** Every fact after a number, in order of recording, up to the last one at the beginning. Rows whose checksum does not fit go to `onDamage`, or throw `storage` without it. */
export function* readFacts(database: DatabaseSync, onDamage?: (error: unknown, kind: FactKind, seq: number) => void, after = 0): Generator<Recorded<Fact>> {
  const readers = factKinds.map((kind) => ({
    kind,
    columns: columnsOf(database, kind),
    page: database.prepare(`SELECT * FROM ${snakeCase(kind)} WHERE seq > ? AND seq <= ? ORDER BY seq`),
  }))
  const last = lastSeq(database)
  for (let from = after, size = firstPageSize; from < last; from += size, size = pageSize) {
    const page: Recorded<Fact>[] = []
    for (const { kind, columns, page: statement } of readers) {
      // Not beyond the end: what is recorded between two of these statements would be seen in one table and missed in another.
      for (const row of statement.iterate(from, Math.min(from + size, last))) {
        try {
          page.push(decodeRow(kind, row, columns))
        } catch (error) {
          if (onDamage === undefined) throw error
          onDamage(error, kind, Number(row.seq))
        }
      }
    }
    yield* page.sort((a, b) => a.seq - b.seq)
  }
}

/** The largest sequence number; 0 in an empty ledger. */
export function lastSeq(database: DatabaseSync): number {
  const union = factKinds.map((kind) => `SELECT max(seq) AS seq FROM ${snakeCase(kind)}`).join(' UNION ALL ')
  return Number(database.prepare(`SELECT coalesce(max(seq), 0) AS seq FROM (${union})`).get()?.seq)
}
