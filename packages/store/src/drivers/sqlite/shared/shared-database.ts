import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { SediError } from '@sedi/spec'

/** Layouts of `shared.db`, each on top of the one before. It holds no results: who sent how much in the last minute, and what runs have committed. */
const layouts: readonly string[] = [
  `
-- A key at a provider; its requests of the last minute. Times are milliseconds since the machine started.
CREATE TABLE sent (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  at REAL NOT NULL,
  tokens INTEGER NOT NULL
) STRICT;
CREATE INDEX sent_by_key ON sent (key, at);

-- Until when a provider asked for quiet.
CREATE TABLE quiet (key TEXT PRIMARY KEY, asked_at REAL NOT NULL, until REAL NOT NULL) STRICT, WITHOUT ROWID;

-- Processes that wait for their turn: since when, and when they look again. One that looks no more is gone.
CREATE TABLE waiting (
  key TEXT NOT NULL,
  holder TEXT NOT NULL,
  since REAL NOT NULL,
  wakes_at REAL NOT NULL,
  PRIMARY KEY (key, holder)
) STRICT, WITHOUT ROWID;

-- What each run has committed under the name of a shared budget, in nanodollars: never less than its ledger says.
CREATE TABLE committed (
  budget TEXT NOT NULL,
  run TEXT NOT NULL,
  nano_usd INTEGER NOT NULL CHECK (nano_usd >= 0),
  PRIMARY KEY (budget, run)
) STRICT, WITHOUT ROWID;
`,
  `
-- What others with the same key have used is entered as well: not ours, and as many requests or tokens as the provider has counted more.
ALTER TABLE sent ADD COLUMN requests INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sent ADD COLUMN is_foreign INTEGER NOT NULL DEFAULT 0;

-- Sums over sent: ours, and everybody's.
CREATE TABLE used (
  key TEXT PRIMARY KEY,
  own_requests INTEGER NOT NULL,
  own_tokens INTEGER NOT NULL,
  all_requests INTEGER NOT NULL,
  all_tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO used SELECT key, count(*), sum(tokens), count(*), sum(tokens) FROM sent GROUP BY key;
CREATE TRIGGER sent_inserted AFTER INSERT ON sent BEGIN
  INSERT INTO used VALUES (NEW.key, NEW.requests * (1 - NEW.is_foreign), NEW.tokens * (1 - NEW.is_foreign), NEW.requests, NEW.tokens)
  ON CONFLICT (key) DO UPDATE SET
    own_requests = own_requests + excluded.own_requests, own_tokens = own_tokens + excluded.own_tokens,
    all_requests = all_requests + excluded.all_requests, all_tokens = all_tokens + excluded.all_tokens;
END;
CREATE TRIGGER sent_deleted AFTER DELETE ON sent BEGIN
  UPDATE used SET
    own_requests = own_requests - OLD.requests * (1 - OLD.is_foreign), own_tokens = own_tokens - OLD.tokens * (1 - OLD.is_foreign),
    all_requests = all_requests - OLD.requests, all_tokens = all_tokens - OLD.tokens
  WHERE key = OLD.key;
END;
CREATE TRIGGER sent_corrected AFTER UPDATE OF tokens ON sent BEGIN
  UPDATE used SET
    own_tokens = own_tokens + (NEW.tokens - OLD.tokens) * (1 - NEW.is_foreign), all_tokens = all_tokens + NEW.tokens - OLD.tokens
  WHERE key = NEW.key;
END;

-- How far the requests sent reach on the time line on which they are spread evenly.
CREATE TABLE pace (key TEXT PRIMARY KEY, paid_until REAL NOT NULL) STRICT, WITHOUT ROWID;

-- The limits a provider stated, and when it did last.
CREATE TABLE stated (
  key TEXT NOT NULL,
  dimension TEXT NOT NULL CHECK (dimension IN ('requests', 'tokens')),
  per_minute REAL NOT NULL,
  at REAL NOT NULL,
  PRIMARY KEY (key, dimension)
) STRICT, WITHOUT ROWID;
`,
]

export const sharedDatabasePath = (storeFolder: string): string => join(storeFolder, 'shared.db')

/**
 * Opens `shared.db` of a store, made when it is not there; several processes may do so at once. It survives `kill -9` as any write-ahead
 * log does; how much of it survives a power cut is the caller's choice of `synchronous` (NORMAL to begin with).
 *
 * @param busyTimeoutMs how long a transaction may block this process while another one writes
 */
export function openSharedDatabase(storeFolder: string, busyTimeoutMs: number): DatabaseSync {
  const path = sharedDatabasePath(storeFolder)
  return sharedGuarded(path, () => {
    const database = new DatabaseSync(path)
    try {
      database.exec('PRAGMA busy_timeout = 10000')
      useWriteAheadLog(database)
      database.exec('PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE')
      layOut(database, path)
      database.exec(`COMMIT; PRAGMA busy_timeout = ${busyTimeoutMs}`)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

/** Changing to a write-ahead log does not wait for other processes that do the same, so it is tried again. */
function useWriteAheadLog(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || attempt >= 200) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10 + 20 * Math.random())
    }
  }
}

function layOut(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (version > layouts.length) {
    throw new SediError('unsupported', `${path} has layout ${version}; this version of SeDi knows layouts up to ${layouts.length}. Update SeDi.`)
  }
  for (let next = version; next < layouts.length; next++) database.exec(`${layouts[next]!}; PRAGMA user_version = ${next + 1}`)
}

/** Runs work on `shared.db` and wraps what SQLite throws. */
export function sharedGuarded<Value>(path: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw sharedError(error, path)
  }
}

// Result codes of SQLite (sqlite.org/rescode.html) that mean a damaged file.
const damageCodes: readonly number[] = [11, 26]

function sharedError(error: unknown, path: string): SediError {
  if (SediError.is(error)) return error
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const advice = damageCodes.includes(Number(code) & 0xff)
    ? 'The file is damaged. It holds only limits and shared budgets: stop all runs of the store, delete it, and every run that is opened again counts itself anew.'
    : 'Ledgers are not affected.'
  return new SediError('storage', `Cannot use ${path}, which the store's runs share: ${text}. ${advice}`, {
    cause: error,
    details: { path, sqliteCode: code ?? null },
  })
}

export const isBusy = (error: unknown): boolean => (Number(codeOf(error)) & 0xff) === 5

function codeOf(error: unknown): number | undefined {
  if (SediError.is(error)) return error.details.sqliteCode as number | undefined
  return typeof error === 'object' && error !== null && 'errcode' in error ? Number(error.errcode) : undefined
}
