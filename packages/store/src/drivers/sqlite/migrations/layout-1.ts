import type { DatabaseSync } from 'node:sqlite'

/**
 * Each kind of fact is one append-only table: `seq` is the order of recording over all tables, the UNIQUE constraint its natural key.
 * The columns of a table are the fields of the fact in snake_case. Triggers refuse UPDATE and DELETE. `counter` is a projection.
 */
export function layOut1(database: DatabaseSync): void {
  database.exec(tables)
  for (const [, table] of tables.matchAll(/CREATE TABLE (\w+) \(\s+seq /g)) database.exec(appendOnly(table!))
}

/** Facts never change and never leave; not even by our own mistake. */
export const appendOnly = (table: string): string =>
  ['UPDATE', 'DELETE']
    .map((verb) => `CREATE TRIGGER ${table}_no_${verb.toLowerCase()} BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;`)
    .join('\n')

const tables = `
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  seq INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL,
  config TEXT NOT NULL CHECK (json_valid(config)),
  fingerprint TEXT NOT NULL,
  software_version TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  only INTEGER NOT NULL DEFAULT 1 UNIQUE CHECK (only = 1)
) STRICT;

CREATE TABLE run_state (
  seq INTEGER PRIMARY KEY,
  "index" INTEGER NOT NULL UNIQUE CHECK ("index" >= 0),
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed')),
  reason TEXT NOT NULL,
  error_code TEXT,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  seq INTEGER PRIMARY KEY,
  "index" INTEGER NOT NULL UNIQUE CHECK ("index" >= 0),
  process_id INTEGER NOT NULL,
  host TEXT NOT NULL,
  platform TEXT NOT NULL,
  runtime TEXT NOT NULL,
  software_version TEXT NOT NULL,
  started_at INTEGER NOT NULL
) STRICT;

CREATE TABLE config_change (
  seq INTEGER PRIMARY KEY,
  "index" INTEGER NOT NULL UNIQUE CHECK ("index" >= 0),
  changes TEXT NOT NULL CHECK (json_valid(changes)),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE seed_event (
  seq INTEGER PRIMARY KEY,
  "index" INTEGER NOT NULL UNIQUE CHECK ("index" >= 0),
  round INTEGER NOT NULL CHECK (round >= 0),
  action TEXT NOT NULL CHECK (action IN ('add', 'evict')),
  seed_id TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('human', 'machine')),
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  example_id TEXT,
  step INTEGER,
  window_end INTEGER,
  signal TEXT,
  score REAL,
  reason TEXT NOT NULL,
  CHECK (action = 'evict' OR (origin = 'machine') = (example_id IS NOT NULL)),
  CHECK (action = 'add' OR round > 0)
) STRICT;
CREATE INDEX seed_event_by_seed ON seed_event (seed_id);
CREATE INDEX seed_event_by_round ON seed_event (round);

CREATE TABLE held_out (
  seq INTEGER PRIMARY KEY,
  item_id TEXT NOT NULL UNIQUE,
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  reference TEXT NOT NULL,
  "group" TEXT NOT NULL
) STRICT;

CREATE TABLE attempt (
  seq INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL,
  attempt INTEGER NOT NULL CHECK (attempt >= 1),
  round INTEGER NOT NULL CHECK (round >= 1),
  reserved_nano_usd INTEGER CHECK (reserved_nano_usd >= 0),
  reserved_input_tokens INTEGER NOT NULL CHECK (reserved_input_tokens >= 0),
  reserved_output_tokens INTEGER NOT NULL CHECK (reserved_output_tokens >= 0),
  at INTEGER NOT NULL,
  UNIQUE (call_id, attempt)
) STRICT;

CREATE TABLE outcome (
  seq INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('answered', 'failed', 'unknown')),
  charged TEXT NOT NULL CHECK (charged IN ('settled', 'none', 'uncertain')),
  cost_nano_usd INTEGER CHECK (cost_nano_usd >= 0),
  error_code TEXT,
  message TEXT NOT NULL,
  latency_ms INTEGER,
  at INTEGER NOT NULL,
  UNIQUE (call_id, attempt),
  FOREIGN KEY (call_id, attempt) REFERENCES attempt (call_id, attempt),
  CHECK ((result = 'answered') = (error_code IS NULL)),
  CHECK (charged <> 'none' OR cost_nano_usd = 0)
) STRICT;

CREATE TABLE call (
  seq INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL UNIQUE,
  round INTEGER NOT NULL CHECK (round >= 1),
  "index" INTEGER NOT NULL CHECK ("index" >= 0),
  seed_ids TEXT NOT NULL CHECK (json_valid(seed_ids)),
  request TEXT NOT NULL CHECK (json_valid(request)),
  request_hash TEXT NOT NULL,
  text TEXT NOT NULL,
  response_hash TEXT NOT NULL,
  finish_reason TEXT NOT NULL CHECK (finish_reason IN ('stop', 'length', 'content-filter', 'other')),
  provider TEXT NOT NULL,
  model_id TEXT NOT NULL,
  usage TEXT NOT NULL CHECK (json_valid(usage)),
  cost_nano_usd INTEGER CHECK (cost_nano_usd >= 0),
  warnings TEXT NOT NULL CHECK (json_valid(warnings)),
  latency_ms INTEGER NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (round, "index")
) STRICT;

CREATE TABLE candidate (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  call_id TEXT NOT NULL REFERENCES call (call_id),
  round INTEGER NOT NULL,
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('kept', 'rejected')),
  reason TEXT CHECK (reason IN ('malformed', 'truncated', 'heuristic', 'contaminated', 'similar')),
  detail TEXT NOT NULL,
  nearest_id TEXT,
  nearest_score REAL,
  cost_nano_usd INTEGER CHECK (cost_nano_usd >= 0),
  CHECK ((verdict = 'kept') = (reason IS NULL)),
  CHECK ((nearest_id IS NULL) = (nearest_score IS NULL)),
  CHECK (reason IS NOT 'similar' OR nearest_id IS NOT NULL)
) STRICT;
CREATE INDEX candidate_by_call ON candidate (call_id);
CREATE INDEX candidate_by_verdict ON candidate (verdict, round);
CREATE INDEX candidate_by_nearest ON candidate (nearest_id);

CREATE TABLE yield (
  seq INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL UNIQUE REFERENCES call (call_id),
  round INTEGER NOT NULL,
  raw INTEGER NOT NULL CHECK (raw >= 0),
  kept INTEGER NOT NULL CHECK (kept BETWEEN 0 AND raw)
) STRICT;
CREATE INDEX yield_by_round ON yield (round);

CREATE TABLE batch (
  seq INTEGER PRIMARY KEY,
  step INTEGER NOT NULL UNIQUE CHECK (step >= 1),
  round INTEGER NOT NULL CHECK (round >= 1),
  epoch INTEGER NOT NULL CHECK (epoch >= 1),
  composer TEXT NOT NULL,
  example_ids TEXT NOT NULL CHECK (json_valid(example_ids) AND json_array_length(example_ids) > 0),
  clusters TEXT CHECK (clusters IS NULL OR json_array_length(clusters) = json_array_length(example_ids)),
  diversity REAL,
  conflicts INTEGER NOT NULL CHECK (conflicts >= 0)
) STRICT;
CREATE INDEX batch_by_round ON batch (round);

CREATE TABLE training_job (
  seq INTEGER PRIMARY KEY,
  round INTEGER NOT NULL UNIQUE,
  job_name TEXT NOT NULL,
  job TEXT NOT NULL CHECK (json_valid(job)),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE step (
  seq INTEGER PRIMARY KEY,
  step INTEGER NOT NULL UNIQUE REFERENCES batch (step),
  round INTEGER NOT NULL,
  loss REAL NOT NULL,
  grad_norm REAL CHECK (grad_norm >= 0),
  learning_rate REAL,
  target_tokens INTEGER,
  example_losses TEXT CHECK (example_losses IS NULL OR json_valid(example_losses)),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX step_by_round ON step (round);

CREATE TABLE model (
  seq INTEGER PRIMARY KEY,
  round INTEGER NOT NULL UNIQUE CHECK (round >= 0),
  model TEXT NOT NULL CHECK (json_valid(model))
) STRICT;

CREATE TABLE eval (
  seq INTEGER PRIMARY KEY,
  round INTEGER NOT NULL CHECK (round >= 0),
  evaluator TEXT NOT NULL,
  item_id TEXT NOT NULL REFERENCES held_out (item_id),
  value REAL NOT NULL,
  prediction TEXT,
  UNIQUE (round, evaluator, item_id)
) STRICT;

CREATE TABLE stage (
  seq INTEGER PRIMARY KEY,
  round INTEGER NOT NULL CHECK (round >= 0),
  stage TEXT NOT NULL CHECK (stage IN ('generate', 'compose', 'train', 'reseed', 'evaluate')),
  summary TEXT NOT NULL CHECK (json_valid(summary)),
  at INTEGER NOT NULL,
  UNIQUE (round, stage)
) STRICT;
`
