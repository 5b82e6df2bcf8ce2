import { setTimeout as wait } from 'node:timers/promises'
import { type Buyer, createRunBuyer, plannedCallOf, type RunEvent } from '@sedi/pipeline'
import { type CallFact, type HeldTicket, type RunStore, SediError, toSediError } from '@sedi/spec'
import { createGenerator } from '../adapters.ts'
import { budgetOf } from './budget-of.ts'
import { limitedKey, limitsFor } from './limited-key.ts'
import { configOf } from './run-config-of.ts'

/** How long to wait when there was nothing to take, and when there was. */
const idleMs = 300
const busyMs = 50
/** How long a run may have no calls for this worker before what is open for it is closed: each holds a connection. */
const usualIdleMs = 60_000

export type WorkOptions = {
  readonly store: RunStore
  /** Most calls in flight, over all runs. */
  readonly concurrency: number
  /** Aborted to leave: what is in flight is finished, the rest handed back. */
  readonly stop: AbortSignal
  /** Aborted, after `stop`, to leave at once: what is in flight is recorded as uncertain. */
  readonly abort?: AbortSignal | undefined
  readonly clock?: (() => number) | undefined
  readonly onEvent?: ((event: WorkEvent) => void) | undefined
  /** After so long without calls of a run its connections are closed. @default 60_000 */
  readonly idleMs?: number | undefined
}

/** What a worker does, for its terminal and its log. */
export type WorkEvent =
  | { readonly event: 'ready' }
  | { readonly event: 'entered'; readonly run: string; readonly model: string }
  | { readonly event: 'answered'; readonly run: string; readonly call: CallFact; readonly held: number }
  | { readonly event: 'given-up'; readonly run: string; readonly call: string; readonly error: SediError }
  | { readonly event: 'lapsed'; readonly run: string; readonly call: string }
  | { readonly event: 'handed-back'; readonly calls: number }
  | { readonly event: 'notice'; readonly run: string; readonly message: string }
  | { readonly event: 'call'; readonly run: string; readonly told: RunEvent }

/** A run as this worker sees it, since its owner last opened it. */
type Place = {
  readonly session: number
  readonly buyer: Promise<Buyer>
  /** Tickets of it in hand, and since when there is none. */
  held: number
  idleSince: number
  close(): Promise<void>
}

/**
 * Makes the calls of a store's runs whose queue is `pg-boss`, until it is stopped: takes tickets, buys each call as its run would (the same
 * limits, budget, retries and records), and ends the ticket with the answer. Rejects with `unsupported` for a store without a queue,
 * `missing-credential` or `invalid-credential` when a run's provider needs a key that is not here, and `storage` when the database is away for a minute; what it held
 * is handed back, or somebody else's after the lease.
 */
export async function workOnCalls(options: WorkOptions): Promise<void> {
  const { store, concurrency, stop, abort, clock = Date.now, onEvent = () => {}, idleMs: longestIdleMs = usualIdleMs } = options
  if (store.openDesk === undefined) throw new SediError('unsupported', 'This store has no queue. Workers need a store in PostgreSQL: postgres://host/database')
  const desk = await store.openDesk()
  const places = new Map<string, Place>()
  const held = new Set<HeldTicket>()
  const running = new Set<Promise<void>>()
  const leaving = new AbortController()
  const halt = AbortSignal.any([stop, leaving.signal])
  let failure: SediError | undefined

  async function makeCall(ticket: HeldTicket): Promise<void> {
    const place = placeFor(ticket)
    place.held++
    try {
      const buyer = await place.buyer
      const call = await buyer.buy(plannedCallOf(ticket), await desk.begin(ticket), ticket.lapsed)
      onEvent({ event: 'answered', run: ticket.runId, call, held: held.size - 1 })
    } catch (thrown) {
      await endWithout(ticket, toSediError(thrown))
    } finally {
      held.delete(ticket)
      place.held--
      place.idleSince = performance.now()
      if (place.held === 0 && places.get(ticket.runId) !== place) await place.close()
    }
  }

  async function endWithout(ticket: HeldTicket, error: SediError): Promise<void> {
    const { runId: run, callId: call } = ticket
    if (error.details.lapsed === true || (ticket.lapsed.aborted && error.code === 'aborted')) {
      onEvent({ event: 'lapsed', run, call })
      await desk.handBack([ticket])
    } else if (halt.aborted && error.code === 'aborted') {
      await desk.handBack([ticket])
      onEvent({ event: 'handed-back', calls: 1 })
    } else if (concernsThisWorker.includes(error.code)) {
      failure ??= error
      leaving.abort()
      await desk.handBack([ticket]).catch(() => {})
    } else {
      await desk.giveUp(ticket, error)
      onEvent({ event: 'given-up', run, call, error })
    }
  }

  /** A new one for each session of the run's owner, who may have changed budget and limits, and whose provider may be well again. */
  function placeFor({ runId, session }: HeldTicket): Place {
    const current = places.get(runId)
    if (current !== undefined && current.session >= session) return current
    const place = enter(runId, session)
    places.set(runId, place)
    // Who cannot enter now may be able to with the next ticket.
    place.buyer.catch(() => places.get(runId) === place && places.delete(runId))
    if (current?.held === 0) void current.close()
    return place
  }

  function enter(runId: string, session: number): Place {
    const closing: (() => Promise<void> | undefined)[] = []
    const buyer = desk.enter(runId).then(async (worked) => {
      closing.push(() => worked.close())
      const { ledger } = worked
      const config = await configOf(ledger)
      const onNotice = (message: string): void => onEvent({ event: 'notice', run: runId, message })
      const generator = await createGenerator(config, { adaptations: await ledger.find('adaptation'), onNotice })
      closing.push(async () => generator.close?.())
      onEvent({ event: 'entered', run: runId, model: `${generator.provider} ${generator.modelId}` })
      return createRunBuyer({
        config,
        adapters: { generator },
        ledger,
        budget: worked.budget(budgetOf(config)),
        limiter: worked.limiter(limitedKey(config, undefined), limitsFor(generator, { limits: { ...config.limits, concurrency } })),
        clock,
        jitter: Math.random,
        stop: halt,
        abort,
        others: true,
        onNotice,
        onEvent: (told) => onEvent({ event: 'call', run: runId, told }),
      })
    })
    return {
      session,
      buyer,
      held: 0,
      idleSince: performance.now(),
      async close() {
        await buyer.catch(() => {})
        for (const end of closing.splice(0)) await end()?.catch(() => {})
      },
    }
  }

  function closeIdle(): void {
    for (const [runId, place] of places) {
      if (place.held > 0 || performance.now() - place.idleSince < longestIdleMs) continue
      places.delete(runId)
      void place.close()
    }
  }

  async function takeSome(): Promise<boolean> {
    const free = concurrency - held.size
    if (free <= 0) return false
    const tickets = await desk.take(free)
    for (const ticket of tickets) {
      held.add(ticket)
      const work: Promise<void> = makeCall(ticket)
        .catch((thrown) => {
          failure ??= toSediError(thrown)
          leaving.abort()
        })
        .finally(() => running.delete(work))
      running.add(work)
    }
    return tickets.length > 0
  }

  onEvent({ event: 'ready' })
  try {
    while (!halt.aborted) {
      const busy = (await takeSome()) || held.size > 0
      closeIdle()
      await wait(busy ? busyMs : idleMs)
    }
  } finally {
    leaving.abort()
    await Promise.all(running)
    for (const place of places.values()) await place.close()
    await desk.close().catch(() => {})
  }
  if (failure !== undefined) throw failure
}

/** What says nothing of the run: another worker may do better. */
const concernsThisWorker: readonly string[] = ['missing-credential', 'invalid-credential', 'missing-dependency', 'storage']
