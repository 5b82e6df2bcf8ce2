import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { RateLimits } from '@sedi/spec'
import {
  lateMs,
  minuteMs,
  type Place,
  paceWait,
  payOne,
  type RateWindow,
  roomWait,
  spanMs,
  type Wait,
  type WindowOptions,
} from '../../../limits/rate-window.ts'
import { foreignUse, lower, type StatedLimit, statedForMs, statedLimit } from '../../../limits/stated-limit.ts'
import type { Dimension } from '../../../limits/usage-log.ts'
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
/** Behind others that may go at any moment a process looks again after this long, and some. */
const shortestLookMs = 10
/** A limit that is stated again, unchanged, is written down anew after so long. */
const noteEveryMs = 60_000
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
  const configured: Readonly<Record<Dimension, number | undefined>> = { requests: requestsPerMinute, tokens: tokensPerMinute }
  const span = spanMs(windowMs)
  const statements = prepare(database)
  const holder = randomUUID()
  const path = sharedDatabasePath(storeFolder)
  /** Since when this process waits for its turn, and what it took in it. */
  let since: number | undefined
  /** Until when others take this process for one that waits; 0 when it is not noted. */
  let listedUntil = 0
  let lookedForOlder = false
  let turn = { requests: 0, tokens: 0 }
  /** What this process has written down, and seen counted, last: so that most replies need no transaction. */
  const noted: Partial<Record<Dimension, { readonly limit: number; readonly at: number }>> = {}
  let counted = nothing

  function takeNow(tokens: number): Place | Wait {
    const now = monotonic()
    forgetOld(now)
    const stated = statedNow(now)
    const requestLimit = lower(configured.requests, stated.requests)
    const paidUntil = requestLimit === undefined ? 0 : Number(statements.pace.get(key)?.paid_until ?? 0)
    const early = Math.max(quietWait(now), requestLimit === undefined ? 0 : paceWait(paidUntil, now, windowMs))
    const ahead = statements.ahead.get(key, holder, since ?? now, since ?? now, holder, now - graceMs, now + lookEveryMs + toleranceMs)
    // Whoever has to wait anyway need not know for how much room.
    const forTokens = early > 0 ? 0 : wait('tokens', tokens, stated, now)
    const own = early > 0 ? early : Math.max(forTokens, wait('requests', 1, stated, now))
    if (own <= 0 && ahead === undefined) {
      if (requestLimit !== undefined) statements.setPace.run(key, payOne(paidUntil, now, requestLimit, windowMs))
      return takePlace(tokens, now, requestLimit, lower(configured.tokens, stated.tokens))
    }
    const afterThem = ahead === undefined ? 0 : Math.max(shortestLookMs, Number(ahead.wakes_at) - now)
    const waitMs = Math.min(lookEveryMs, Math.max(own, afterThem) + 1 + 20 * jitter())
    standInLine(now, now + waitMs)
    return { waitMs, forTokens: forTokens > 0 }
  }

  /** Others take a process for gone a while after it said it would look again; until then what it noted need not be written anew. */
  function standInLine(now: number, wakesAt: number): void {
    if (since !== undefined && wakesAt < listedUntil) return
    since ??= now
    listedUntil = wakesAt + graceMs / 2
    statements.wait.run(key, holder, since, wakesAt)
  }

  function forgetOld(now: number): void {
    // Whatever was written before the machine was started was there when this process began.
    if (!lookedForOlder) {
      for (const statement of statements.beforeStart) statement.run(key, now + toleranceMs)
      statements.paceBeforeStart.run(now, key, now + windowMs + toleranceMs)
      lookedForOlder = true
    }
    statements.forget.run(key, now - span)
    counted = (statements.counted.get(key) as Counted | undefined) ?? nothing
  }

  function quietWait(now: number): number {
    const row = statements.quiet.get(key)
    return row === undefined ? 0 : Number(row.until) - now
  }

  function statedNow(now: number): Partial<Record<Dimension, number>> {
    const rows = statements.stated.all(key, now - statedForMs)
    return Object.fromEntries(rows.map(({ dimension, per_minute }) => [dimension, Number(per_minute)]))
  }

  /** Ours under the configured limit, and everybody's under the stated one. */
  function wait(dimension: Dimension, wanted: number, stated: Partial<Record<Dimension, number>>, now: number): number {
    const waitUnder = (limit: number | undefined, used: number, mostForeign: number): number => {
      if (limit === undefined || used + wanted <= limit) return 0
      const oldestFirst = statements.oldestFirst[dimension].iterate(key, mostForeign) as Iterable<{ at: number; amount: number }>
      return roomWait(oldestFirst, used, wanted, limit, now - span)
    }
    return Math.max(waitUnder(configured[dimension], counted[`own_${dimension}`], 0), waitUnder(stated[dimension], counted[`all_${dimension}`], 1))
  }

  function takePlace(tokens: number, now: number, requestLimit: number | undefined, tokenLimit: number | undefined): Place {
    const id = statements.take.run(key, now, 1, tokens, 0).lastInsertRowid
    let countedAt = now
    turn = { requests: turn.requests + 1, tokens: turn.tokens + tokens }
    if (turn.requests >= share(requestLimit) || turn.tokens >= share(tokenLimit)) endTurn()
    return {
      waitMs: 0,
      sent: () => {
        const earliest = monotonic() - lateMs(windowMs)
        if (earliest <= countedAt) return
        quietly(() => statements.move.run(earliest, id, key, countedAt))
        countedAt = earliest
      },
      correct: (usedTokens) => quietly(() => statements.correct.run(usedTokens, id, key, countedAt)),
    }
  }

  /** Whether what a provider said is news: another limit, one not written down for a while, or more use than was counted when we last looked. */
  function isNews(dimension: Dimension, said: StatedLimit, now: number): boolean {
    const before = noted[dimension]
    return before === undefined || before.limit !== said.limit || now - before.at > noteEveryMs || said.used - counted[`all_${dimension}`] >= 1
  }

  function learnNow(said: Partial<Record<Dimension, StatedLimit>>): void {
    const now = monotonic()
    forgetOld(now)
    for (const [dimension, stated] of Object.entries(said) as [Dimension, StatedLimit][]) {
      statements.state.run(key, dimension, stated.limit, now)
      noted[dimension] = { limit: stated.limit, at: now }
      const foreign = foreignUse(stated, counted[`all_${dimension}`], now, span)
      if (foreign === undefined) continue
      const [requests, tokens] = dimension === 'requests' ? [foreign.amount, 0] : [0, foreign.amount]
      statements.take.run(key, foreign.at, requests, tokens, 1)
      counted = { ...counted, [`all_${dimension}`]: stated.used }
    }
  }

  function endTurn(): void {
    if (listedUntil > 0) statements.unlist.run(key, holder)
    listedUntil = 0
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
        if (isBusy(error)) return { waitMs: 5 + 20 * jitter(), forTokens: false }
        throw error
      }
    },
    learn(limits: RateLimits) {
      const now = monotonic()
      const said = (['requests', 'tokens'] as const).flatMap((dimension) => {
        const stated = statedLimit(limits[dimension])
        return stated === undefined || !isNews(dimension, stated, now) ? [] : [[dimension, stated] as const]
      })
      if (said.length > 0) quietly(() => transaction(database, () => learnNow(Object.fromEntries(said))))
    },
    quiet(forMs) {
      const now = monotonic()
      quietly(() => statements.setQuiet.run(key, now, now + forMs, now + toleranceMs))
    },
    leave() {
      if (since !== undefined) quietly(endTurn)
    },
    close: () => database.close(),
  }
}

type Counted = { readonly own_requests: number; readonly own_tokens: number; readonly all_requests: number; readonly all_tokens: number }
const nothing: Counted = { own_requests: 0, own_tokens: 0, all_requests: 0, all_tokens: 0 }

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
      sql('DELETE FROM stated WHERE key = ? AND at > ?'),
    ],
    paceBeforeStart: sql('UPDATE pace SET paid_until = ? WHERE key = ? AND paid_until > ?'),
    forget: sql('DELETE FROM sent WHERE key = ? AND at <= ?'),
    counted: sql('SELECT own_requests, own_tokens, all_requests, all_tokens FROM used WHERE key = ?'),
    oldestFirst: {
      requests: sql('SELECT at, requests AS amount FROM sent WHERE key = ? AND is_foreign <= ? ORDER BY at'),
      tokens: sql('SELECT at, tokens AS amount FROM sent WHERE key = ? AND is_foreign <= ? ORDER BY at'),
    },
    take: sql('INSERT INTO sent (key, at, requests, tokens, is_foreign) VALUES (?, ?, ?, ?, ?)'),
    pace: sql('SELECT paid_until FROM pace WHERE key = ?'),
    setPace: sql('INSERT INTO pace VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET paid_until = excluded.paid_until'),
    stated: sql('SELECT dimension, per_minute FROM stated WHERE key = ? AND at > ?'),
    state: sql('INSERT INTO stated VALUES (?, ?, ?, ?) ON CONFLICT (key, dimension) DO UPDATE SET per_minute = excluded.per_minute, at = excluded.at'),
    correct: sql('UPDATE sent SET tokens = ? WHERE id = ? AND key = ? AND at = ?'),
    move: sql('UPDATE sent SET at = ? WHERE id = ? AND key = ? AND at = ?'),
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
