/** What all runs with one key share of its limits. Times are the database's, in milliseconds since the epoch. No result depends on any of it. */
export const layout2 = `
CREATE FUNCTION now_ms() RETURNS FLOAT8 LANGUAGE sql VOLATILE AS 'SELECT extract(epoch FROM clock_timestamp())::FLOAT8 * 1000';

-- A key at a provider: the row that whoever takes a place locks. Sums over rate_sent: ours, and everybody's.
CREATE TABLE rate_key (
  key TEXT PRIMARY KEY,
  -- How far the requests sent reach on the time line on which they are spread evenly.
  paid_until FLOAT8 NOT NULL DEFAULT 0,
  -- Until when a provider asked for quiet, and when it did.
  quiet_until FLOAT8 NOT NULL DEFAULT 0,
  quiet_asked_at FLOAT8 NOT NULL DEFAULT 0,
  own_requests FLOAT8 NOT NULL DEFAULT 0,
  own_tokens FLOAT8 NOT NULL DEFAULT 0,
  all_requests FLOAT8 NOT NULL DEFAULT 0,
  all_tokens FLOAT8 NOT NULL DEFAULT 0
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Its requests of the last minute; is_foreign: what others outside the store have used, as the provider told.
CREATE TABLE rate_sent (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key TEXT NOT NULL,
  at FLOAT8 NOT NULL,
  requests FLOAT8 NOT NULL,
  tokens FLOAT8 NOT NULL,
  is_foreign BOOLEAN NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX ON rate_sent (key, at);

-- Processes that wait for their turn: since when, and when they look again. One that looks no more is gone.
CREATE TABLE rate_waiting (
  key TEXT NOT NULL,
  holder TEXT NOT NULL,
  since FLOAT8 NOT NULL,
  wakes_at FLOAT8 NOT NULL,
  PRIMARY KEY (key, holder)
);

-- The limits a provider stated, and when it did last.
CREATE TABLE rate_stated (
  key TEXT NOT NULL,
  dimension TEXT NOT NULL CHECK (dimension IN ('requests', 'tokens')),
  per_minute FLOAT8 NOT NULL,
  at FLOAT8 NOT NULL,
  PRIMARY KEY (key, dimension)
);
`
