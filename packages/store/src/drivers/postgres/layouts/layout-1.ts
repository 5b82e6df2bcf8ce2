/**
 * One table per kind of fact, as in SQLite, for all runs of the store: `run` is the run's number in `head`, `seq` the order of recording within
 * it, the UNIQUE constraint the natural key. Columns are the fields of the fact in snake_case. JSON, not JSONB: the text stays as it was
 * written, which checksums are over. Facts are never changed or deleted, which triggers see to.
 */
export const layout1 = `
CREATE TABLE store (
  one INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
  layout INTEGER NOT NULL,
  id UUID NOT NULL
);

-- One row per run: what every transaction that records facts locks first, and leaves as the sum of what is recorded.
CREATE TABLE head (
  run BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- How often the run was opened for writing: a writer of an earlier term is refused. And by whom it was last.
  term BIGINT NOT NULL DEFAULT 0,
  holder TEXT NOT NULL,
  last_seq BIGINT NOT NULL DEFAULT 0,
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  counters JSON NOT NULL,
  -- By the database's clock.
  recorded_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 20);

-- What another process asks of the one that writes a run.
CREATE TABLE request (
  run BIGINT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('pause', 'cancel')),
  session BIGINT NOT NULL,
  PRIMARY KEY (run, action)
);

-- Shared budgets: the row that a reservation locks, and what each run has committed under the name, in nanodollars.
CREATE TABLE budget (name TEXT PRIMARY KEY);
CREATE TABLE budget_share (
  budget TEXT NOT NULL REFERENCES budget (name),
  run BIGINT NOT NULL,
  nano_usd BIGINT NOT NULL CHECK (nano_usd >= 0),
  PRIMARY KEY (budget, run)
) WITH (fillfactor = 50);

CREATE TABLE eval_score (
  run BIGINT NOT NULL,
  round BIGINT NOT NULL,
  evaluator TEXT NOT NULL,
  "group" TEXT NOT NULL,
  items BIGINT NOT NULL,
  total FLOAT8 NOT NULL,
  ones BIGINT NOT NULL,
  zeros BIGINT NOT NULL,
  PRIMARY KEY (run, round, evaluator, "group")
);
CREATE TABLE seed_offspring (
  run BIGINT NOT NULL,
  seed_id TEXT NOT NULL,
  children BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  signals BIGINT NOT NULL,
  signal_total FLOAT8 NOT NULL,
  PRIMARY KEY (run, seed_id)
);
CREATE TABLE example_step (run BIGINT NOT NULL, example_id TEXT NOT NULL, step BIGINT NOT NULL, PRIMARY KEY (run, example_id, step));

CREATE TABLE "run" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  run_id TEXT NOT NULL,
  config JSON NOT NULL,
  fingerprint TEXT NOT NULL,
  software_version TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (run),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "run_state" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  "index" BIGINT NOT NULL CHECK ("index" >= 0),
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'cancelled', 'done', 'failed')),
  reason TEXT NOT NULL,
  error_code TEXT,
  at BIGINT NOT NULL,
  UNIQUE (run, "index"),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "session" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  "index" BIGINT NOT NULL CHECK ("index" >= 0),
  process_id BIGINT NOT NULL,
  host TEXT NOT NULL,
  platform TEXT NOT NULL,
  runtime TEXT NOT NULL,
  software_version TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  UNIQUE (run, "index"),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "config_change" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  "index" BIGINT NOT NULL CHECK ("index" >= 0),
  changes JSON NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, "index"),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "seed_event" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  "index" BIGINT NOT NULL CHECK ("index" >= 0),
  round BIGINT NOT NULL CHECK (round >= 0),
  action TEXT NOT NULL CHECK (action IN ('add', 'evict')),
  seed_id TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('human', 'machine')),
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  example_id TEXT,
  step BIGINT,
  window_end BIGINT,
  signal TEXT,
  score FLOAT8,
  reason TEXT NOT NULL,
  UNIQUE (run, "index"),
  CHECK (action = 'evict' OR (origin = 'machine') = (example_id IS NOT NULL)),
  CHECK (action = 'add' OR round > 0),
  PRIMARY KEY (run, seq)
);
CREATE INDEX ON seed_event (run, seed_id);
CREATE INDEX ON seed_event (run, round);

CREATE TABLE "held_out" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  item_id TEXT NOT NULL,
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  reference TEXT NOT NULL,
  "group" TEXT NOT NULL,
  UNIQUE (run, item_id),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "attempt" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  call_id TEXT NOT NULL,
  attempt BIGINT NOT NULL CHECK (attempt >= 1),
  round BIGINT NOT NULL CHECK (round >= 1),
  reserved_nano_usd BIGINT CHECK (reserved_nano_usd >= 0),
  reserved_input_tokens BIGINT NOT NULL CHECK (reserved_input_tokens >= 0),
  reserved_output_tokens BIGINT NOT NULL CHECK (reserved_output_tokens >= 0),
  recovery TEXT NOT NULL CHECK (recovery IN ('lost', 'rejoin')),
  at BIGINT NOT NULL,
  UNIQUE (run, call_id, attempt),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "outcome" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  call_id TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  result TEXT NOT NULL CHECK (result IN ('answered', 'failed', 'unknown')),
  charged TEXT NOT NULL CHECK (charged IN ('settled', 'none', 'uncertain')),
  cost_nano_usd BIGINT CHECK (cost_nano_usd >= 0),
  error_code TEXT,
  message TEXT NOT NULL,
  latency_ms BIGINT,
  at BIGINT NOT NULL,
  UNIQUE (run, call_id, attempt),
  FOREIGN KEY (run, call_id, attempt) REFERENCES attempt (run, call_id, attempt),
  CHECK ((result = 'answered') = (error_code IS NULL)),
  CHECK (charged <> 'none' OR cost_nano_usd = 0),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "call" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  call_id TEXT NOT NULL,
  round BIGINT NOT NULL CHECK (round >= 1),
  "index" BIGINT NOT NULL CHECK ("index" >= 0),
  stage TEXT NOT NULL,
  parent_id TEXT,
  seed_ids JSON NOT NULL,
  request JSON NOT NULL,
  request_hash TEXT NOT NULL,
  text TEXT NOT NULL,
  response_hash TEXT NOT NULL,
  finish_reason TEXT NOT NULL CHECK (finish_reason IN ('stop', 'length', 'content-filter', 'other')),
  provider TEXT NOT NULL,
  model_id TEXT NOT NULL,
  usage JSON NOT NULL,
  cost_nano_usd BIGINT CHECK (cost_nano_usd >= 0),
  warnings JSON NOT NULL,
  latency_ms BIGINT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, call_id),
  PRIMARY KEY (run, seq)
);
CREATE UNIQUE INDEX ON call (run, round, "index") WHERE parent_id IS NULL;
CREATE INDEX ON call (run, round);
CREATE INDEX ON call (run, parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE "embed_call" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  call_id TEXT NOT NULL,
  round BIGINT NOT NULL CHECK (round >= 1),
  provider TEXT NOT NULL,
  model_id TEXT NOT NULL,
  text_hashes JSON NOT NULL,
  dimensions BIGINT NOT NULL CHECK (dimensions >= 1),
  vectors TEXT NOT NULL,
  usage JSON NOT NULL,
  cost_nano_usd BIGINT CHECK (cost_nano_usd >= 0),
  latency_ms BIGINT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, call_id),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "adaptation" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  provider TEXT NOT NULL,
  model_id TEXT NOT NULL,
  setting TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('dropped', 'renamed', 'emulated')),
  replacement TEXT,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, provider, model_id, setting),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "candidate" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  id TEXT NOT NULL,
  call_id TEXT NOT NULL,
  round BIGINT NOT NULL,
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('kept', 'rejected')),
  reason TEXT CHECK (reason IN ('malformed', 'truncated', 'heuristic', 'check', 'contaminated', 'similar', 'similar-meaning', 'unanswered')),
  detail TEXT NOT NULL,
  nearest_id TEXT,
  nearest_score FLOAT8,
  cost_nano_usd BIGINT CHECK (cost_nano_usd >= 0),
  flags JSON NOT NULL,
  UNIQUE (run, id),
  FOREIGN KEY (run, call_id) REFERENCES call (run, call_id),
  CHECK ((verdict = 'kept') = (reason IS NULL)),
  CHECK ((nearest_id IS NULL) = (nearest_score IS NULL)),
  CHECK (reason IS NULL OR reason NOT IN ('similar', 'similar-meaning') OR nearest_id IS NOT NULL),
  PRIMARY KEY (run, seq)
);
CREATE INDEX ON candidate (run, call_id);
CREATE INDEX ON candidate (run, verdict, round);
CREATE INDEX ON candidate (run, nearest_id);

CREATE TABLE "yield" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  call_id TEXT NOT NULL,
  round BIGINT NOT NULL,
  raw BIGINT NOT NULL CHECK (raw >= 0),
  kept BIGINT NOT NULL CHECK (kept BETWEEN 0 AND raw),
  UNIQUE (run, call_id),
  FOREIGN KEY (run, call_id) REFERENCES call (run, call_id),
  PRIMARY KEY (run, seq)
);
CREATE INDEX ON yield (run, round);

CREATE TABLE "batch" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  step BIGINT NOT NULL CHECK (step >= 1),
  round BIGINT NOT NULL CHECK (round >= 1),
  epoch BIGINT NOT NULL CHECK (epoch >= 1),
  composer TEXT NOT NULL,
  example_ids JSON NOT NULL CHECK (json_array_length(example_ids) > 0),
  clusters JSON CHECK (clusters IS NULL OR json_array_length(clusters) = json_array_length(example_ids)),
  diversity FLOAT8,
  conflicts BIGINT NOT NULL CHECK (conflicts >= 0),
  UNIQUE (run, step),
  PRIMARY KEY (run, seq)
);
CREATE INDEX ON batch (run, round);

CREATE TABLE "training_job" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  round BIGINT NOT NULL,
  job_name TEXT NOT NULL,
  job JSON NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, round),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "step" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  step BIGINT NOT NULL,
  round BIGINT NOT NULL,
  loss FLOAT8 NOT NULL,
  grad_norm FLOAT8 CHECK (grad_norm >= 0),
  learning_rate FLOAT8,
  target_tokens BIGINT,
  example_losses JSON,
  example_gaps JSON,
  example_errors JSON,
  masked JSON,
  at BIGINT NOT NULL,
  UNIQUE (run, step),
  FOREIGN KEY (run, step) REFERENCES batch (run, step),
  PRIMARY KEY (run, seq)
);
CREATE INDEX ON step (run, round);

CREATE TABLE "training_outcome" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  "index" BIGINT NOT NULL CHECK ("index" >= 0),
  round BIGINT NOT NULL CHECK (round >= 1),
  job_name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('succeeded', 'failed', 'cancelled', 'lost')),
  steps_done BIGINT NOT NULL CHECK (steps_done >= 0),
  error_code TEXT,
  message TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, "index"),
  PRIMARY KEY (run, seq)
);
CREATE INDEX ON training_outcome (run, round);

CREATE TABLE "scores" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  round BIGINT NOT NULL CHECK (round >= 1),
  measure TEXT NOT NULL,
  scorer TEXT NOT NULL,
  ids JSON NOT NULL,
  "values" JSON NOT NULL,
  UNIQUE (run, round, measure),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "model" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  round BIGINT NOT NULL CHECK (round >= 0),
  model JSON NOT NULL,
  UNIQUE (run, round),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "eval" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  round BIGINT NOT NULL CHECK (round >= 0),
  evaluator TEXT NOT NULL,
  item_id TEXT NOT NULL,
  value FLOAT8 NOT NULL,
  prediction TEXT,
  UNIQUE (run, round, evaluator, item_id),
  FOREIGN KEY (run, item_id) REFERENCES held_out (run, item_id),
  PRIMARY KEY (run, seq)
);

CREATE TABLE "stage" (
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  checksum BIGINT NOT NULL,
  round BIGINT NOT NULL CHECK (round >= 0),
  stage TEXT NOT NULL CHECK (stage IN ('generate', 'compose', 'train', 'reseed', 'evaluate')),
  summary JSON NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (run, round, stage),
  PRIMARY KEY (run, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'facts are append-only'; END $$;
DO $$
DECLARE fact_table TEXT;
BEGIN
  FOR fact_table IN SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema AND column_name = 'checksum' LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', fact_table);
  END LOOP;
END $$;
`
