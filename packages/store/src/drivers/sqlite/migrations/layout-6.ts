import type { DatabaseSync } from 'node:sqlite'
import { appendOnly } from './layout-1.ts'

/** What there was before the run, which its instructions are compared with. */
export function layOut6(database: DatabaseSync): void {
  database.exec(existing)
  database.exec(appendOnly('existing'))
}

const existing = `
CREATE TABLE existing (
  seq INTEGER PRIMARY KEY,
  text_id TEXT NOT NULL UNIQUE,
  instruction TEXT NOT NULL,
  checksum INTEGER NOT NULL DEFAULT 0
) STRICT;
`
