import { randomUUID } from 'node:crypto'
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
import { isLost } from '../errors.ts'
import type { Connection, Row, Server } from '../server.ts'

export type PostgresWindowOptions = Omit<WindowOptions, 'monotonic'> & {
  readonly server: Server
  readonly key: string
  /** Uniform in [0, 1): keeps processes that wait for the same thing from waking at the same time. */
  readonly jitter: () => number
  /** The time, as SQL. For tests. @default the database's clock */
  readonly now?: (() => string) | undefined
}

/** A waiting process looks again at least so often: what another process asked for is seen, and a dead one is missed, within it. */
const lookEveryMs = 5000
/** A process that looks so much later than it said has lost its turn. */
const graceMs = 1000
/** Behind others that may go at any moment a process looks again after this long, and some. What is not used meanwhile may go later: up to a second's worth. */
const shortestLookMs = 50
/** Most places taken at once. */
const mostAtOnce = 50
/** A limit that is stated again, unchanged, is written down anew after so long. */
const noteEveryMs = 60_000
/** What lies further ahead than this was written before the database's clock was set back; it counts as of now. */
const toleranceMs = 1000

/** The key's row, and what else bears on whether a place may be taken. */
type State = {
  readonly now: number
  /** When it was asked for, by this process's clock: no later than `now`. */
  readonly askedAt: number
  readonly paidUntil: number
  readonly quietMs: number
  readonly stated: Partial<Record<Dimension, number>>
  readonly counted: Counted
  readonly nextAhead: number | undefined
}
/** Tokens that were really used; whether the request was sent late, and counts from about now on. */
type Change = { readonly tokens?: number; readonly late?: boolean }
type Counted = Readonly<Record<`${'own' | 'all'}_${Dimension}`, number>>

/**
 * A window that all processes of all machines share, in the database and by its clock. To take a place is one short transaction under the
 * lock of the key's row, in two trips to the server and without a wait for its disk (`synchronous_commit = off`: a crash may lose the last
 * entries, which costs a 429 at worst). The rules are those of the window that processes of one machine share (`sqlite-window.ts`): turns,
 * longest waiting first; a twentieth of the limit per turn; who looks no more loses it.
 */
export function createPostgresWindow(options: PostgresWindowOptions): RateWindow {
  const { server, key, requestsPerMinute, tokensPerMinute, windowMs = minuteMs, jitter, now: nowSql = () => 'now_ms()' } = options
  const configured: Readonly<Record<Dimension, number | undefined>> = { requests: requestsPerMinute, tokens: tokensPerMinute }
  const span = spanMs(windowMs)
  const holder = randomUUID()
  let connection: Promise<Connection> | undefined
  let closed = false
  /** Everything is asked one after the other. */
  let last: Promise<unknown> = Promise.resolve()
  let since: number | undefined
  let listedUntil = 0
  let turn = { requests: 0, tokens: 0 }
  const noted: Partial<Record<Dimension, { readonly limit: number; readonly at: number }>> = {}
  /** What is to be put right of places, by their numbers. */
  let changes = new Map<number, Change>()
  /** Places that were taken along, for those who ask next. */
  const takenAlong: { readonly tokens: number; readonly place: Place }[] = []
  let counted: Counted = { own_requests: 0, own_tokens: 0, all_requests: 0, all_tokens: 0 }

  function inTransaction<Value>(work: (held: Connection, state: State) => Promise<Value>): Promise<Value> {
    const done = last.then(() => server.persistently(() => once(work)))
    last = done.catch(() => {})
    return done
  }

  async function once<Value>(work: (held: Connection, state: State) => Promise<Value>): Promise<Value> {
    connection ??= open()
    const opening = connection
    let held: Connection | undefined
    try {
      held = await opening
      return await work(held, await begin(held))
    } catch (error) {
      const isClean =
        held !== undefined &&
        !isLost(error) &&
        (await held.query('ROLLBACK').then(
          () => true,
          () => false,
        ))
      if (!isClean) {
        held?.drop()
        if (connection === opening) connection = undefined
      }
      throw error
    }
  }

  async function open(): Promise<Connection> {
    const opened = await server.connect()
    try {
      await opened.query('INSERT INTO rate_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [key])
    } catch (error) {
      opened.drop()
      throw error
    }
    return opened
  }

  /** One trip: begins, locks the key's row, forgets what has left the window, and tells the rest. */
  async function begin(held: Connection): Promise<State> {
    const now = nowSql()
    const askedAt = performance.now()
    const [, , , , state, stated, ahead] = await Promise.all([
      held.query('BEGIN'),
      held.query('SET LOCAL synchronous_commit = off'),
      held.query('SELECT key FROM rate_key WHERE key = $1 FOR UPDATE', [key]),
      held.query(`UPDATE rate_sent SET at = ${now} WHERE key = $1 AND at > ${now} + $2`, [key, toleranceMs]),
      held.query(
        `WITH clock AS (SELECT ${now} AS now),
         gone AS (DELETE FROM rate_sent WHERE key = $1 AND at <= (SELECT now FROM clock) - $2 RETURNING requests, tokens, is_foreign),
         sums AS (SELECT coalesce(sum(requests), 0) AS all_requests, coalesce(sum(tokens), 0) AS all_tokens,
           coalesce(sum(requests) FILTER (WHERE NOT is_foreign), 0) AS own_requests, coalesce(sum(tokens) FILTER (WHERE NOT is_foreign), 0) AS own_tokens FROM gone)
         UPDATE rate_key SET own_requests = rate_key.own_requests - sums.own_requests, own_tokens = rate_key.own_tokens - sums.own_tokens,
           all_requests = rate_key.all_requests - sums.all_requests, all_tokens = rate_key.all_tokens - sums.all_tokens
         FROM sums, clock WHERE key = $1
         RETURNING now, paid_until, quiet_until, quiet_asked_at, rate_key.own_requests, rate_key.own_tokens, rate_key.all_requests, rate_key.all_tokens`,
        [key, span],
      ),
      held.query(`SELECT dimension, per_minute FROM rate_stated WHERE key = $1 AND at > ${now} - $2`, [key, statedForMs]),
      held.query(
        `SELECT wakes_at FROM rate_waiting WHERE key = $1 AND holder <> $2 AND (since < coalesce($3, ${now}) OR (since = coalesce($3, ${now}) AND holder < $2))
         AND wakes_at > ${now} - $4 AND wakes_at <= ${now} + $5 ORDER BY since, holder LIMIT 1`,
        [key, holder, since ?? null, graceMs, lookEveryMs + toleranceMs],
      ),
    ])
    return stateOf(askedAt, state.rows[0]!, stated.rows, ahead.rows[0])
  }

  function stateOf(askedAt: number, row: Row, stated: readonly Row[], ahead: Row | undefined): State {
    const now = Number(row.now)
    counted = Object.fromEntries((['own_requests', 'own_tokens', 'all_requests', 'all_tokens'] as const).map((name) => [name, Number(row[name])])) as Counted
    return {
      now,
      askedAt,
      // After the clock was set back nobody waits longer than for a whole window.
      paidUntil: Math.min(Number(row.paid_until), now + windowMs),
      quietMs: Number(row.quiet_asked_at) > now + toleranceMs ? 0 : Number(row.quiet_until) - now,
      stated: Object.fromEntries(stated.map(({ dimension, per_minute }) => [dimension, Number(per_minute)])),
      counted,
      nextAhead: ahead === undefined ? undefined : Number(ahead.wakes_at),
    }
  }

  async function takeNow(tokens: number, next: readonly number[], held: Connection, state: State): Promise<Place | Wait> {
    const { now, stated, paidUntil, nextAhead } = state
    const requestLimit = lower(configured.requests, stated.requests)
    const early = Math.max(state.quietMs, requestLimit === undefined ? 0 : paceWait(paidUntil, now, windowMs))
    // Whoever has to wait anyway need not know for how much room.
    const forTokens = early > 0 ? 0 : await wait('tokens', tokens, held, state)
    const own = early > 0 ? early : Math.max(forTokens, await wait('requests', 1, held, state))
    if (own <= 0 && nextAhead === undefined) return takePlaces([tokens, ...next.slice(0, mostAtOnce - 1)], held, state, requestLimit)
    const afterThem = nextAhead === undefined ? 0 : Math.max(shortestLookMs, nextAhead - now)
    const waitMs = Math.min(lookEveryMs, Math.max(own, afterThem) + 1 + 20 * jitter())
    await standInLine(held, now, now + waitMs)
    return { waitMs, forTokens: forTokens > 0 }
  }

  /** Ours under the configured limit, and everybody's under the stated one. */
  async function wait(dimension: Dimension, wanted: number, held: Connection, { now, stated, counted: used }: State): Promise<number> {
    const waitUnder = async (limit: number | undefined, sum: number, whose: string): Promise<number> => {
      if (limit === undefined || sum + wanted <= limit) return 0
      const { rows } = await held.query(`SELECT at, ${dimension} AS amount FROM rate_sent WHERE key = $1 ${whose} ORDER BY at`, [key])
      const oldestFirst = rows.map(({ at, amount }) => ({ at: Number(at), amount: Number(amount) }))
      return roomWait(oldestFirst, sum, wanted, limit, now - span)
    }
    const own = await waitUnder(configured[dimension], used[`own_${dimension}`], 'AND NOT is_foreign')
    return Math.max(own, await waitUnder(stated[dimension], used[`all_${dimension}`], ''))
  }

  /** The first, and as many of those behind it as there is room for, with nobody else's turn in between. */
  async function takePlaces(wanted: readonly number[], held: Connection, state: State, requestLimit: number | undefined): Promise<Place> {
    const { now, stated, askedAt } = state
    const tokenLimit = lower(configured.tokens, stated.tokens)
    const pay = (paid: number): number => (requestLimit === undefined ? paid : payOne(paid, now, requestLimit, windowMs))
    const isOver = (): boolean => turn.requests >= share(requestLimit) || turn.tokens >= share(tokenLimit)
    const taken: number[] = []
    let paid = state.paidUntil
    for (const tokens of wanted) {
      const early = requestLimit !== undefined && paceWait(paid, now, windowMs) > 0
      if (taken.length > 0 && (early || isOver() || !hasRoom(state, taken, tokens))) break
      taken.push(tokens)
      paid = pay(paid)
      turn = { requests: turn.requests + 1, tokens: turn.tokens + tokens }
    }
    const [entered] = await Promise.all([
      held.query(
        'INSERT INTO rate_sent (key, at, requests, tokens, is_foreign) SELECT $1, $2, 1, tokens, false FROM unnest($3::float8[]) AS tokens RETURNING id, tokens',
        [key, now, taken],
      ),
      held.query(
        `UPDATE rate_key SET paid_until = $2, own_requests = own_requests + $3, own_tokens = own_tokens + $4, all_requests = all_requests + $3,
         all_tokens = all_tokens + $4 WHERE key = $1`,
        [key, paid, taken.length, sum(taken)],
      ),
      isOver() ? endTurn(held) : undefined,
      held.query('COMMIT'),
    ])
    const places = entered.rows.map(({ id, tokens }) => ({ tokens: Number(tokens), place: placeOf(Number(id), askedAt) }))
    takenAlong.push(...places.slice(1))
    return places[0]!.place
  }

  const placeOf = (id: number, askedAt: number): Place => ({
    waitMs: 0,
    sent: () => {
      if (performance.now() - askedAt > lateMs(windowMs)) change(id, { late: true })
    },
    correct: (tokens) => change(id, { tokens }),
  })

  /** Whether one more fits behind those that are being taken: ours under the configured limits, and everybody's under the stated ones. */
  function hasRoom({ counted: used, stated }: State, taken: readonly number[], tokens: number): boolean {
    const fits = (limit: number | undefined, amount: number): boolean => limit === undefined || amount <= limit
    const [requests, all] = [taken.length + 1, sum(taken) + tokens]
    return (
      fits(configured.requests, used.own_requests + requests) &&
      fits(configured.tokens, used.own_tokens + all) &&
      fits(stated.requests, used.all_requests + requests) &&
      fits(stated.tokens, used.all_tokens + all)
    )
  }

  /** A place that was taken along for a request of this size; others, whose request has left the line, give their tokens back. */
  function alongFor(tokens: number): Place | undefined {
    while (takenAlong.length > 0) {
      const { tokens: size, place } = takenAlong.shift()!
      if (size === tokens) return place
      place.correct(0)
    }
    return undefined
  }

  /** Everything that is to be changed when its turn comes goes together. */
  function change(id: number, changed: Change): void {
    if (closed) return
    // Tried once: who asks for a place stands behind it. Without it estimates stay as they are, and entries age: that is the safe side.
    if (changes.size === 0) last = last.then(() => once(changeNow)).catch(() => changes.clear())
    changes.set(id, { ...changes.get(id), ...changed })
  }

  /** Nothing of requests that have left the window already. */
  async function changeNow(held: Connection, { now }: State): Promise<void> {
    const all = [...changes]
    changes = new Map()
    await held.query(
      `WITH given AS (SELECT * FROM unnest($2::int8[], $3::float8[], $4::bool[]) AS given (id, used, late)),
       before AS (SELECT id, tokens, coalesce(used, tokens) AS used, late FROM rate_sent JOIN given USING (id)),
       changed AS (UPDATE rate_sent SET tokens = before.used, at = CASE WHEN late THEN greatest(at, $5) ELSE at END FROM before WHERE rate_sent.id = before.id RETURNING rate_sent.id),
       total AS (SELECT coalesce(sum(before.used - before.tokens), 0) AS tokens FROM before JOIN changed USING (id))
       UPDATE rate_key SET own_tokens = own_tokens + total.tokens, all_tokens = all_tokens + total.tokens FROM total WHERE key = $1`,
      [key, all.map(([id]) => id), all.map(([, { tokens }]) => tokens ?? null), all.map(([, { late }]) => late ?? false), now - lateMs(windowMs)],
    )
    await held.query('COMMIT')
  }

  /** Others take a process for gone a while after it said it would look again; until then what it noted need not be written anew. */
  async function standInLine(held: Connection, now: number, wakesAt: number): Promise<void> {
    if (since === undefined || wakesAt >= listedUntil) {
      since ??= now
      listedUntil = wakesAt + graceMs / 2
      await held.query(
        'INSERT INTO rate_waiting VALUES ($1, $2, $3, $4) ON CONFLICT (key, holder) DO UPDATE SET since = excluded.since, wakes_at = excluded.wakes_at',
        [key, holder, since, wakesAt],
      )
    }
    await held.query('COMMIT')
  }

  async function endTurn(held: Connection): Promise<void> {
    const listed = listedUntil > 0
    listedUntil = 0
    since = undefined
    turn = { requests: 0, tokens: 0 }
    if (listed) await held.query('DELETE FROM rate_waiting WHERE key = $1 AND holder = $2', [key, holder])
  }

  /** Whether what a provider said is news: another limit, one not written down for a while, or more use than was counted when we last looked. */
  function isNews(dimension: Dimension, said: StatedLimit): boolean {
    const before = noted[dimension]
    return before === undefined || before.limit !== said.limit || performance.now() - before.at > noteEveryMs || said.used - counted[`all_${dimension}`] >= 1
  }

  async function learnNow(held: Connection, { now }: State, said: readonly (readonly [Dimension, StatedLimit])[]): Promise<void> {
    for (const [dimension, stated] of said) {
      await held.query(
        'INSERT INTO rate_stated VALUES ($1, $2, $3, $4) ON CONFLICT (key, dimension) DO UPDATE SET per_minute = excluded.per_minute, at = excluded.at',
        [key, dimension, stated.limit, now],
      )
      noted[dimension] = { limit: stated.limit, at: performance.now() }
      const foreign = foreignUse(stated, counted[`all_${dimension}`], now, span)
      if (foreign === undefined) continue
      const [requests, tokens] = dimension === 'requests' ? [foreign.amount, 0] : [0, foreign.amount]
      await held.query('INSERT INTO rate_sent (key, at, requests, tokens, is_foreign) VALUES ($1, $2, $3, $4, true)', [key, foreign.at, requests, tokens])
      await held.query('UPDATE rate_key SET all_requests = all_requests + $2, all_tokens = all_tokens + $3 WHERE key = $1', [key, requests, tokens])
      counted = { ...counted, [`all_${dimension}`]: stated.used }
    }
    await held.query('COMMIT')
  }

  function quietly(work: (held: Connection, state: State) => Promise<void>): void {
    if (!closed) inTransaction(work).catch(() => {})
  }

  return {
    take: (tokens, next = []) => alongFor(tokens) ?? inTransaction((held, state) => takeNow(tokens, next, held, state)),
    learn(limits: RateLimits) {
      const said = (['requests', 'tokens'] as const).flatMap((dimension) => {
        const stated = statedLimit(limits[dimension])
        return stated === undefined || !isNews(dimension, stated) ? [] : [[dimension, stated] as const]
      })
      if (said.length > 0) quietly((held, state) => learnNow(held, state, said))
    },
    quiet(forMs) {
      quietly(async (held, { now, quietMs }) => {
        await held.query('UPDATE rate_key SET quiet_until = $2, quiet_asked_at = $3 WHERE key = $1', [key, now + Math.max(quietMs, forMs), now])
        await held.query('COMMIT')
      })
    },
    leave() {
      for (const { place } of takenAlong.splice(0)) place.correct(0)
      if (since === undefined) return
      quietly(async (held) => {
        await endTurn(held)
        await held.query('COMMIT')
      })
    },
    close() {
      closed = true
      last = last.then(async () => (await connection)?.close()).catch(() => {})
    },
  }
}

/** What one turn may take: a twentieth of the limit, at least one request. */
const share = (limit: number | undefined): number => (limit === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor(limit / 20)))

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)
