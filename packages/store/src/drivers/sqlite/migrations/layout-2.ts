import type { DatabaseSync } from 'node:sqlite'
import type { FactKind } from '@sedi/spec'
import { checksumOf } from '../../../facts/checksum.ts'
import { snakeCase } from '../../../facts/tables.ts'
import { columnsOf } from '../fact-rows.ts'
import { appendOnly } from './layout-1.ts'

/** The kinds of facts of this layout; later ones may have more. */
const kinds: readonly FactKind[] = [
  'run',
  'run-state',
  'session',
  'config-change',
  'seed-event',
  'held-out',
  'attempt',
  'outcome',
  'call',
  'candidate',
  'yield',
  'batch',
  'training-job',
  'step',
  'model',
  'eval',
  'stage',
]

/** Every row gets a checksum; a run can be cancelled; digest, scores, offspring and the way from examples to steps are projections. */
export function layOut2(database: DatabaseSync): void {
  database.exec(runStateWithCancelled)
  for (const kind of kinds) addChecksums(database, kind)
  database.exec(projections)
}

function addChecksums(database: DatabaseSync, kind: FactKind): void {
  const table = snakeCase(kind)
  database.exec(
    `DROP TRIGGER IF EXISTS ${table}_no_update; DROP TRIGGER IF EXISTS ${table}_no_delete; ALTER TABLE ${table} ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0`,
  )
  const columns = columnsOf(database, kind)
  const update = database.prepare(`UPDATE ${table} SET checksum = ? WHERE seq = ?`)
  for (const row of database.prepare(`SELECT * FROM ${table}`).all()) {
    const seq = Number(row.seq)
    update.run(
      checksumOf(
        kind,
        seq,
        columns.map(({ column }) => row[column] ?? null),
      ),
      seq,
    )
  }
  database.exec(appendOnly(table))
}

const runStateWithCancelled = `
CREATE TABLE new_run_state (
  seq INTEGER PRIMARY KEY,
  "index" INTEGER NOT NULL UNIQUE CHECK ("index" >= 0),
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
  reason TEXT NOT NULL,
  error_code TEXT,
  at INTEGER NOT NULL
) STRICT;
INSERT INTO new_run_state SELECT seq, "index", state, reason, error_code, at FROM run_state;
DROP TABLE run_state;
ALTER TABLE new_run_state RENAME TO run_state;
`

const projections = `
CREATE TABLE digest (only INTEGER PRIMARY KEY CHECK (only = 1), value TEXT NOT NULL CHECK (length(value) = 64)) STRICT;

CREATE TABLE eval_score (
  round INTEGER NOT NULL,
  evaluator TEXT NOT NULL,
  "group" TEXT NOT NULL,
  items INTEGER NOT NULL,
  total REAL NOT NULL,
  ones INTEGER NOT NULL,
  zeros INTEGER NOT NULL,
  PRIMARY KEY (round, evaluator, "group")
) STRICT, WITHOUT ROWID;

CREATE TABLE seed_offspring (
  seed_id TEXT PRIMARY KEY,
  children INTEGER NOT NULL,
  kept INTEGER NOT NULL,
  signals INTEGER NOT NULL,
  signal_total REAL NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE example_step (example_id TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (example_id, step)) STRICT, WITHOUT ROWID;
`
