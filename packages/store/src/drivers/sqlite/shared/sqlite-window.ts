import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { minuteMs, type Place, type RateWindow, requestWait, tokenWait, type WindowOptions } from '../../../limits/rate-window.ts'
import { isBusy, sharedDatabasePath, sharedGuarded } from './shared-database.ts'

export type SqliteWindowOptions = WindowOptions & {
  readonly database: DatabaseSync
  readonly storeFolder: string
  readonly key: string
  /** Uniform in [0, 1): keeps processes that wait for the same thing from waking at the same time. */
  readonly jitter: () => number
}

/** A waiting process looks again at least so often: what another process asked for is seen, and a dead one is missed, within it. */
const lookEveryMs = 5000
/** A process that looks so much later than it said has lost its turn. */
const graceMs = 1000
/** Clocks of two processors of one machine may differ by less than this; what lies further ahead was written before the machine started. */
const toleranceMs = 1000

/**
 * A window that all processes of a store share, in `shared.db`. To take a place is one short transaction without a wait for the disk
 * (`synchronous = NORMAL`): a power cut may lose the last entries, and no process that sent them lives on.
 *
 * Turns. A process that finds no room, or others waiting before it, notes since when it waits and when it looks again. Whoever waited longest
 * goes first; after a twentieth of the limit its turn ends and it stands in line anew. One that looks no more loses its turn after
 * `lookEveryMs + graceMs` at most; what a dead process sent leaves the window after 60 seconds like everything else.
 *
 * Time is monotonic and common to the processes of a machine, read inside the transaction, so entries never lie in the future. Those that
 * do were written before the machine was started; they count as sent at that moment, which is later than they were: no burst after a
 * restart, and no wait beyond the machine's first minute. Setting the clock changes nothing.
 */
export function createSqliteWindow(options: SqliteWindowOptions): RateWindow {
  const { database, storeFolder, key, requestsPerMinute, tokensPerMinute, windowMs = minuteMs, monotonic, jitter } = options
  const statements = prepare(database)
  const holder = randomUUID()
  const path = sharedDatabasePath(storeFolder)
  /** Since when this process waits for its turn, and what it took in it. */
  let since: number | undefined
  let listed = false
  let turn = { requests: 0, tokens: 0 }

  function takeNow(tokens: number): Place | { readonly waitMs: number } {
    const now = monotonic()
    forgetOld(now)
    const own = Math.max(quietWait(now), roomWait(tokens, now))
    const ahead = statements.ahead.get(key, holder, since ?? now, since ?? now, holder, now - graceMs, now + lookEveryMs + toleranceMs)
    if (own <= 0 && ahead === undefined) return takePlace(tokens, now)
    const afterThem = ahead === undefined ? 0 : Math.max(0, Number(ahead.wakes_at) - now)
    const waitMs = Math.min(lookEveryMs, Math.max(own, afterThem) + 1 + 20 * jitter())
    since ??= now
    listed = true
    statements.wait.run(key, holder, since, now + waitMs)
    return { waitMs }
  }

  function forgetOld(now: number): void {
    for (const statement of statements.beforeStart) statement.run(key, now + toleranceMs)
    statements.forget.run(key, now - windowMs)
  }

  function quietWait(now: number): number {
    const row = statements.quiet.get(key)
    return row === undefined ? 0 : Number(row.until) - now
  }

  function roomWait(tokens: number, now: number): number {
    const { count, used } = statements.counted.get(key) as { count: number; used: number }
    const requests =
      requestsPerMinute === undefined ? 0 : requestWait(count, requestsPerMinute, now - windowMs, (n) => Number(statements.nthOldest.get(key, n)?.at))
    if (tokensPerMinute === undefined) return requests
    return Math.max(
      requests,
      tokenWait(statements.oldestFirst.iterate(key) as Iterable<{ at: number; tokens: number }>, used, tokens, tokensPerMinute, now - windowMs),
    )
  }

  function takePlace(tokens: number, now: number): Place {
    const id = statements.take.run(key, now, tokens).lastInsertRowid
    turn = { requests: turn.requests + 1, tokens: turn.tokens + tokens }
    if (turn.requests >= share(requestsPerMinute) || turn.tokens >= share(tokensPerMinute)) endTurn()
    return {
      waitMs: 0,
      correct: (usedTokens) => quietly(() => statements.correct.run(usedTokens, id, key, now)),
    }
  }

  function endTurn(): void {
    if (listed) statements.unlist.run(key, holder)
    listed = false
    since = undefined
    turn = { requests: 0, tokens: 0 }
  }

  function quietly(work: () => void): void {
    try {
      if (database.isOpen) work()
    } catch {
      // Estimates stay as they are and entries age: that is the safe side.
    }
  }

  return {
    take(tokens) {
      try {
        return sharedGuarded(path, () => transaction(database, () => takeNow(tokens)))
      } catch (error) {
        if (isBusy(error)) return { waitMs: 5 + 20 * jitter() }
        throw error
      }
    },
    quiet(forMs) {
      const now = monotonic()
      quietly(() => statements.setQuiet.run(key, now, now + forMs, now + toleranceMs))
    },
    leave() {
      if (listed || since !== undefined) quietly(endTurn)
    },
    close: () => database.close(),
  }
}

/** What one turn may take: a twentieth of the limit, at least one request. */
const share = (limit: number | undefined): number => (limit === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(limit / 20)))

function transaction<Value>(database: DatabaseSync, work: () => Value): Value {
  database.exec('BEGIN IMMEDIATE')
  try {
    const value = work()
    database.exec('COMMIT')
    return value
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    beforeStart: [
      sql('UPDATE sent SET at = 0 WHERE key = ? AND at > ?'),
      sql('DELETE FROM quiet WHERE key = ? AND asked_at > ?'),
      sql('DELETE FROM waiting WHERE key = ? AND since > ?'),
    ],
    forget: sql('DELETE FROM sent WHERE key = ? AND at <= ?'),
    counted: sql('SELECT count(*) AS count, coalesce(sum(tokens), 0) AS used FROM sent WHERE key = ?'),
    nthOldest: sql('SELECT at FROM sent WHERE key = ? ORDER BY at LIMIT 1 OFFSET ?'),
    oldestFirst: sql('SELECT at, tokens FROM sent WHERE key = ? ORDER BY at'),
    take: sql('INSERT INTO sent (key, at, tokens) VALUES (?, ?, ?)'),
    correct: sql('UPDATE sent SET tokens = ? WHERE id = ? AND key = ? AND at = ?'),
    quiet: sql('SELECT until FROM quiet WHERE key = ?'),
    setQuiet: sql(
      `INSERT INTO quiet VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE
       SET until = CASE WHEN asked_at <= ?4 THEN max(until, excluded.until) ELSE excluded.until END, asked_at = excluded.asked_at`,
    ),
    wait: sql('INSERT INTO waiting VALUES (?, ?, ?, ?) ON CONFLICT (key, holder) DO UPDATE SET since = excluded.since, wakes_at = excluded.wakes_at'),
    unlist: sql('DELETE FROM waiting WHERE key = ? AND holder = ?'),
    ahead: sql(
      `SELECT wakes_at FROM waiting WHERE key = ? AND holder <> ? AND (since < ? OR (since = ? AND holder < ?))
       AND wakes_at > ? AND wakes_at <= ? ORDER BY since, holder LIMIT 1`,
    ),
  }
}
