import type { DatabaseSync } from 'node:sqlite'
import { changeTables } from './change-tables.ts'

/** What EL2N goes by. */
export function layOut5(database: DatabaseSync): void {
  changeTables(database, ['step'], 'ALTER TABLE step ADD COLUMN example_errors TEXT CHECK (example_errors IS NULL OR json_valid(example_errors))')
}
