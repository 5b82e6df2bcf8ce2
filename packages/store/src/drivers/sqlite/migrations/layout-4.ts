import type { DatabaseSync } from 'node:sqlite'
import { changeTables } from './change-tables.ts'
import { appendOnly } from './layout-1.ts'

/** What masks need to be judged by, how training jobs ended, and figures of examples that no step told. */
export function layOut4(database: DatabaseSync): void {
  changeTables(database, ['step'], changes)
  for (const table of ['training_outcome', 'scores']) database.exec(appendOnly(table))
}

const changes = `
ALTER TABLE step ADD COLUMN example_gaps TEXT CHECK (example_gaps IS NULL OR json_valid(example_gaps));
ALTER TABLE step ADD COLUMN masked TEXT CHECK (masked IS NULL OR json_valid(masked));

CREATE TABLE training_outcome (
  seq INTEGER PRIMARY KEY,
  "index" INTEGER NOT NULL UNIQUE CHECK ("index" >= 0),
  round INTEGER NOT NULL CHECK (round >= 1),
  job_name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'failed', 'cancelled', 'lost')),
  steps_done INTEGER NOT NULL CHECK (steps_done >= 0),
  error_code TEXT,
  message TEXT NOT NULL,
  at INTEGER NOT NULL,
  checksum INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX training_outcome_by_round ON training_outcome (round);

CREATE TABLE scores (
  seq INTEGER PRIMARY KEY,
  round INTEGER NOT NULL CHECK (round >= 1),
  measure TEXT NOT NULL,
  scorer TEXT NOT NULL,
  ids TEXT NOT NULL CHECK (json_valid(ids)),
  "values" TEXT NOT NULL CHECK (json_valid("values")),
  checksum INTEGER NOT NULL DEFAULT 0,
  UNIQUE (round, measure)
) STRICT;
`
