import type { CallFact, SeedTask } from '@sedi/spec'
import { SediError } from '@sedi/spec'
import { createBuyer } from '../calls/buy-completion.ts'
import { toNanoUsd } from '../calls/money.ts'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import { callsOfRound, planCall } from './plan-call.ts'

/** So many answers in a row without a single kept instruction mean that something is wrong with the teacher or the prompt. */
const fruitlessLimit = 20

/**
 * raw ← teacher(sample(S, k)): the round's completions, in order of their place, each exactly once. Answers recorded earlier are not
 * asked for again. Up to `limits.concurrency` calls are in flight ahead of the one the caller works on; what is bought beyond the
 * round's target stays recorded as surplus. The caller filters each completion before it asks for the next one.
 */
export async function* buyCompletions(round: number, seeds: readonly SeedTask[], run: Run): AsyncGenerator<CallFact> {
  if (finishedStage(run, round, 'generate') !== undefined) return
  const { target, rounds } = run.config
  const planned = target.calls === undefined ? undefined : callsOfRound(target.calls, rounds, round)
  const purchases = await startPurchases(round, seeds, planned, run)
  let used = 0
  let fruitless = 0
  try {
    for (; !roundIsComplete(run, round, used, planned); used++) {
      run.onProgress({ round, rounds, stage: 'generate', done: used, planned })
      const keptBefore = run.pool.examples.length
      const call = await purchases.take(used)
      yield call
      fruitless = run.pool.examples.length > keptBefore ? 0 : fruitless + 1
      if (planned === undefined && fruitless >= fruitlessLimit) throw fruitlessError(call)
    }
  } finally {
    await purchases.settle()
  }
  const warning = run.pool.tokenizerWarning()
  if (warning !== undefined) run.onNotice(warning)
  await finishStage(run, round, 'generate', { calls: used, kept: run.pool.examples.length, ...(warning === undefined ? {} : { warning }) })
}

/** Whichever part of the target comes first, in the round's share of it. */
function roundIsComplete(run: Run, round: number, used: number, planned: number | undefined): boolean {
  const { target, rounds } = run.config
  const share = round / rounds
  if (planned !== undefined && used >= planned) return true
  if (target.kept !== undefined && run.pool.examples.length >= Math.ceil(target.kept * share)) return true
  return target.costUsd !== undefined && run.spentNanoUsd >= toNanoUsd(target.costUsd) * share
}

type Purchases = {
  /** The answer of call `index`; asked for in ascending order. Throws why there is none. */
  take(index: number): Promise<CallFact>
  /** Begins nothing more and waits until what is in flight is recorded. */
  settle(): Promise<void>
}

async function startPurchases(round: number, seeds: readonly SeedTask[], planned: number | undefined, run: Run): Promise<Purchases> {
  const { concurrency, maxAttempts } = run.config.limits
  const buyer = createBuyer({ ...run, generator: run.adapters.generator, price: run.config.generator.price, maxAttempts, onRetry: run.onNotice })
  const recorded = new Map((await run.ledger.find('call', { round })).map((call) => [call.index, call]))
  const attempts = await attemptsByCall(run, round)
  // With an open end every call ahead may be surplus; with a fixed number none is, so one slow call need not hold up the rest.
  const lookahead = planned === undefined ? concurrency : 4 * concurrency
  const purchases = new Map<number, Promise<CallFact>>()
  let wanted = 0
  let next = 0
  let inFlight = 0
  let closed = false
  let failure: unknown

  function launch(): void {
    const end = Math.min(wanted + lookahead, planned ?? Number.POSITIVE_INFINITY)
    while (!closed && !run.stop.aborted && inFlight < concurrency && next < end) {
      const index = next++
      const purchase = recorded.has(index) ? Promise.resolve(recorded.get(index)!) : buy(index)
      purchase.catch(() => {}) // Whoever takes it sees the failure; nobody has to.
      purchases.set(index, purchase)
    }
  }

  async function buy(index: number): Promise<CallFact> {
    inFlight++
    try {
      const call = planCall(run.config, round, index, seeds)
      return await buyer.buy(call, attempts.get(call.callId) ?? 0)
    } catch (error) {
      failure ??= error
      closed = true
      throw error
    } finally {
      inFlight--
      launch()
    }
  }

  return {
    async take(index) {
      wanted = index
      launch()
      const purchase = purchases.get(index)
      purchases.delete(index)
      if (purchase === undefined) throw failure ?? new SediError('aborted', 'Stopped before the next call was sent.')
      return purchase
    },
    async settle() {
      closed = true
      await Promise.allSettled(purchases.values())
    },
  }
}

async function attemptsByCall(run: Run, round: number): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const { callId, attempt } of await run.ledger.find('attempt', { round })) counts.set(callId, Math.max(attempt, counts.get(callId) ?? 0))
  return counts
}

function fruitlessError(call: CallFact): SediError {
  return new SediError(
    'provider-response',
    `${fruitlessLimit} answers in a row gave no instruction worth keeping, the last one ${call.callId}. Look at why with “sedi explain <run> ${call.callId}”, or set target.calls to go on regardless.`,
  )
}
