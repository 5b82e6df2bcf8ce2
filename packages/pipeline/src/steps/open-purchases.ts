import type { CallFact } from '@sedi/spec'
import { SediError } from '@sedi/spec'
import type { PlannedCall } from '../calls/buy-completion.ts'
import type { Run } from '../run-context.ts'
import { callsAhead } from './calls-ahead.ts'
import { type PromptSources, planCall } from './plan-call.ts'

/** The recorded answer to a question about items, bought if there is none yet. */
export type AskFollowUp = (call: PlannedCall) => Promise<CallFact>

export type Purchases = {
  /** The answer of call `index`; asked for in ascending order. Throws why there is none. */
  take(index: number): Promise<CallFact>
  readonly ask: AskFollowUp
  /** Begins nothing more and waits until what is in flight is recorded. */
  settle(): Promise<void>
}

/**
 * Everything a round buys, through one door: so many calls in flight, questions about items first, because what waits for them is older.
 * After a failure nothing more is begun.
 */
export async function openPurchases(round: number, sources: PromptSources, planned: number | undefined, run: Run): Promise<Purchases> {
  const { concurrency: limit } = run.config.limits
  const concurrency = Math.max(limit, run.adapters.generator.preferredConcurrency ?? 0)
  const recorded = new Map((await run.ledger.find('call', { round })).map((call) => [call.callId, call]))
  const places = new Map([...recorded.values()].filter(({ parentId }) => parentId === null).map((call) => [call.index, call]))
  const attempts = await attemptsByCall(run, round)
  // With an open end every call ahead may be surplus; with a fixed number none is, so one slow call need not hold up the rest.
  const lookahead = (): number => (planned === undefined ? callsAhead(round, run) : 4 * concurrency)
  const purchases = new Map<number, Promise<CallFact>>()
  const questions: { readonly call: PlannedCall; readonly begin: (purchase: Promise<CallFact>) => void }[] = []
  const running = new Set<Promise<CallFact>>()
  /** The one that the caller waits for when it could not be begun yet. */
  let awaited: { readonly index: number; readonly begin: (purchase: Promise<CallFact>) => void } | undefined
  let wanted = 0
  let next = 0
  let closed = false
  let failure: unknown

  function launch(): void {
    if (closed || run.stop.aborted) {
      refuseAll()
      return
    }
    while (running.size < concurrency && questions.length > 0) {
      const { call, begin } = questions.shift()!
      begin(buy(call))
    }
    const end = Math.min(wanted + lookahead(), planned ?? Number.POSITIVE_INFINITY)
    for (; next < end; next++) {
      const known = places.get(next)
      if (known === undefined && running.size >= concurrency) break
      purchases.set(next, known === undefined ? buy(planCall(run.config, round, next, sources)) : Promise.resolve(known))
    }
    const purchase = awaited === undefined ? undefined : purchases.get(awaited.index)
    if (purchase === undefined) return
    awaited!.begin(purchase)
    awaited = undefined
  }

  function buy(call: PlannedCall): Promise<CallFact> {
    const purchase = run.buyer.buy(call, attempts.get(call.callId) ?? 0)
    running.add(purchase)
    purchase
      .catch((error) => {
        failure ??= error
        closed = true
      })
      .finally(() => {
        running.delete(purchase)
        launch()
      })
    return purchase
  }

  const whyNone = (): unknown => failure ?? new SediError('aborted', 'Stopped before the next call was sent.')

  function refuseAll(): void {
    for (const { begin } of questions.splice(0)) begin(Promise.reject(whyNone()))
    const purchase = awaited === undefined ? undefined : purchases.get(awaited.index)
    awaited?.begin(purchase ?? Promise.reject(whyNone()))
    awaited = undefined
  }

  return {
    async take(index) {
      wanted = index
      try {
        return await new Promise<CallFact>((resolve) => {
          awaited = { index, begin: resolve }
          launch()
        })
      } finally {
        purchases.delete(index)
      }
    },
    async ask(call) {
      const known = recorded.get(call.callId)
      if (known !== undefined) return known
      return new Promise((resolve) => {
        questions.push({ call, begin: resolve })
        launch()
      })
    },
    async settle() {
      closed = true
      refuseAll()
      await Promise.allSettled(running)
    },
  }
}

async function attemptsByCall(run: Run, round: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const { callId, attempt } of await run.ledger.find('attempt', { round })) counts.set(callId, Math.max(attempt, counts.get(callId) ?? 0))
  return counts
}
