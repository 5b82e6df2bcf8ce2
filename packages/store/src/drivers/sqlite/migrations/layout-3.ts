import type { DatabaseSync } from 'node:sqlite'
import type { FactKind } from '@sedi/spec'
import { changeTables } from './change-tables.ts'
import { appendOnly } from './layout-1.ts'

/** The kinds whose tables get new columns; what older facts have in them is in the statements below. */
const changed: readonly FactKind[] = ['attempt', 'call', 'candidate']

/**
 * Follow-up calls (several per place in a round), what checks flagged, attempts that can be rejoined, bought embeddings, and what a model
 * was found not to accept.
 */
export function layOut3(database: DatabaseSync): void {
  changeTables(database, changed, changes)
  for (const table of ['embed_call', 'adaptation']) database.exec(appendOnly(table))
}

const changes = `
ALTER TABLE attempt ADD COLUMN recovery TEXT NOT NULL DEFAULT 'lost' CHECK (recovery IN ('lost', 'rejoin'));

CREATE TABLE new_call (
  seq INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL UNIQUE,
  round INTEGER NOT NULL CHECK (round >= 1),
  "index" INTEGER NOT NULL CHECK ("index" >= 0),
  stage TEXT NOT NULL,
  parent_id TEXT,
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
  checksum INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO new_call
  SELECT seq, call_id, round, "index", 'tasks', NULL, seed_ids, request, request_hash, text, response_hash, finish_reason, provider, model_id,
    usage, cost_nano_usd, warnings, latency_ms, at, checksum
  FROM call;
DROP TABLE call;
ALTER TABLE new_call RENAME TO call;
CREATE UNIQUE INDEX call_by_place ON call (round, "index") WHERE parent_id IS NULL;
CREATE INDEX call_by_round ON call (round);
CREATE INDEX call_by_parent ON call (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE new_candidate (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  call_id TEXT NOT NULL REFERENCES call (call_id),
  round INTEGER NOT NULL,
  instruction TEXT NOT NULL,
  input TEXT NOT NULL,
  output TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('kept', 'rejected')),
  reason TEXT CHECK (reason IN ('malformed', 'truncated', 'heuristic', 'check', 'contaminated', 'similar', 'similar-meaning', 'unanswered')),
  detail TEXT NOT NULL,
  nearest_id TEXT,
  nearest_score REAL,
  cost_nano_usd INTEGER CHECK (cost_nano_usd >= 0),
  flags TEXT NOT NULL CHECK (json_valid(flags)),
  checksum INTEGER NOT NULL DEFAULT 0,
  CHECK ((verdict = 'kept') = (reason IS NULL)),
  CHECK ((nearest_id IS NULL) = (nearest_score IS NULL)),
  CHECK (reason IS NOT 'similar' OR nearest_id IS NOT NULL),
  CHECK (reason IS NOT 'similar-meaning' OR nearest_id IS NOT NULL)
) STRICT;
INSERT INTO new_candidate
  SELECT seq, id, call_id, round, instruction, input, output, verdict, reason, detail, nearest_id, nearest_score, cost_nano_usd, '[]', checksum FROM candidate;
DROP TABLE candidate;
ALTER TABLE new_candidate RENAME TO candidate;
CREATE INDEX candidate_by_call ON candidate (call_id);
CREATE INDEX candidate_by_verdict ON candidate (verdict, round);
CREATE INDEX candidate_by_nearest ON candidate (nearest_id);

CREATE TABLE embed_call (
  seq INTEGER PRIMARY KEY,
  call_id TEXT NOT NULL UNIQUE,
  round INTEGER NOT NULL CHECK (round >= 1),
  provider TEXT NOT NULL,
  model_id TEXT NOT NULL,
  text_hashes TEXT NOT NULL CHECK (json_valid(text_hashes)),
  dimensions INTEGER NOT NULL CHECK (dimensions >= 1),
  vectors TEXT NOT NULL,
  usage TEXT NOT NULL CHECK (json_valid(usage)),
  cost_nano_usd INTEGER CHECK (cost_nano_usd >= 0),
  latency_ms INTEGER NOT NULL,
  at INTEGER NOT NULL,
  checksum INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE adaptation (
  seq INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  model_id TEXT NOT NULL,
  setting TEXT NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('dropped', 'renamed', 'emulated')),
  replacement TEXT,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  checksum INTEGER NOT NULL DEFAULT 0,
  UNIQUE (provider, model_id, setting)
) STRICT;
`
