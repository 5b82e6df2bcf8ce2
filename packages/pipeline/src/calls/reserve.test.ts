import { embedders } from '@sedi/generators'
import type { AttemptFact, Embedder, OpenRun, TextGenerator } from '@sedi/spec'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { carryOn, createTestRun, newStore, simulatedTeacher } from '../fixtures/harness.ts'
import { createReservations } from './reserve.ts'

let run: OpenRun
beforeEach(async () => {
  run = await createTestRun(newStore())
})
afterEach(async () => {
  await run.close()
})

const attemptOf = (callId: string, reservedNanoUsd: number): AttemptFact => ({
  ...{ kind: 'attempt', callId, attempt: 1, round: 1, reservedNanoUsd, reservedInputTokens: 1, reservedOutputTokens: 1, recovery: 'rejoin', at: 0 },
})
const never = new AbortController().signal
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

describe('createReservations', () => {
  it('lets one wait for what another has in flight, and no longer than that', async () => {
    const reservations = createReservations(run.budget({ maxCostNanoUsd: 10 }))
    const ended = await reservations.reserve(attemptOf('r01-c0000', 8), never)
    let waits = true
    const second = reservations.reserve(attemptOf('r01-c0001', 5), never).finally(() => {
      waits = false
    })
    await soon()
    expect(waits).toBe(true)
    const cheap = { kind: 'outcome', callId: 'r01-c0000', attempt: 1, result: 'failed', charged: 'none', costNanoUsd: 0 } as const
    await run.ledger.append([{ ...cheap, errorCode: 'timeout', message: '', latencyMs: 0, at: 0 }])
    ended()
    await second
    // The first one's end made no room for two more: what is left to wait for is the second, and then nothing.
    const [third, fourth] = [reservations.reserve(attemptOf('r01-c0002', 6), never), reservations.reserve(attemptOf('r01-c0003', 7), never)]
    await soon()
    ;(await second)()
    const results = await Promise.allSettled([third, fourth])
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'budget-exhausted' } },
      { status: 'rejected', reason: { code: 'budget-exhausted' } },
    ])
  })

  it('does not wait for attempts that nobody awaits here, unless other processes make calls of the run', async () => {
    const budget = run.budget({ maxCostNanoUsd: 10 })
    await budget.reserve(attemptOf('r01-c0000', 8))
    const alone = createReservations(budget)
    await expect(alone.reserve(attemptOf('r01-c0001', 5), never)).rejects.toMatchObject({ code: 'budget-exhausted' })
    const stop = new AbortController()
    const waiting = createReservations(budget, { others: true }).reserve(attemptOf('r01-c0001', 5), stop.signal)
    const rejoined = alone.rejoin()
    const waitingToo = alone.reserve(attemptOf('r01-c0001', 5), stop.signal)
    const first = await Promise.race([waiting.catch(() => 'ended'), waitingToo.catch(() => 'ended'), soon().then(() => 'both wait')])
    expect(first).toBe('both wait')
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
    await expect(waitingToo).rejects.toMatchObject({ code: 'aborted' })
    rejoined()
  })
})

/**
 * A run whose filter buys embeddings, with room for two completions and for nothing beside them: the embedding is turned down while the
 * second completion is in flight.
 */
async function nearTheCap(onTurnedDown: (answer: () => void) => void, stop = never) {
  let answer = (): void => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const teacher = await simulatedTeacher()
  const generator: TextGenerator = {
    ...teacher,
    async generate(request, call) {
      if (call?.key?.includes('c0001') === true) await answered
      return teacher.generate(request, call)
    },
  }
  const free = await embedders['word-parts'].createEmbedder({ dimensions: 128 }, { credentials: {}, timeoutMs: 1000 })
  const embedder: Embedder = {
    ...free,
    bought: true,
    maxBatchSize: 24,
    embed: async (texts) => ({ ...(await free.embed(texts)), usage: { inputTokens: 1 } }),
  }
  const watched: OpenRun = {
    ...run,
    budget(options) {
      const budget = run.budget(options)
      return {
        async reserve(attempt) {
          const decision = await budget.reserve(attempt)
          if (!decision.granted && attempt.callId.includes('-e')) onTurnedDown(answer)
          return decision
        },
      }
    },
  }
  const price = { inputPerMTokUsd: 0, outputPerMTokUsd: 1 }
  // In nanodollars, a completion reserves 3,072,000 and costs a million; an embedding reserves some 2,500,000 and costs next to nothing.
  const config = {
    generator: { id: 'simulated', maxOutputTokens: 3072, price },
    limits: { concurrency: 2 },
    budget: { maxCostUsd: 0.00615 },
    target: { calls: 3 },
    rounds: 1,
    filter: { semantic: { threshold: 0.7, embedder: { id: 'word-parts', price: { inputPerMTokUsd: 0.8 } } } },
  }
  return carryOn(watched, { config, adapters: { generator, semanticFilter: { embedder }, trainer: undefined }, stop })
}

describe('a run that buys completions and embeddings near its cap', () => {
  it('gives the one the room that the other leaves', async () => {
    let turnedDown = 0
    const outcome = await nearTheCap((answer) => {
      turnedDown++
      setTimeout(answer, 10)
    })
    expect(turnedDown).toBeGreaterThan(0)
    expect(outcome).toEqual({ state: 'done', error: undefined })
    expect((await run.ledger.totals()).embedCalls).toBeGreaterThan(0)
  })

  it('stops while an embedding waits for room', async () => {
    const stop = new AbortController()
    const outcome = await nearTheCap((answer) => {
      stop.abort()
      setTimeout(answer, 10)
    }, stop.signal)
    expect(outcome).toMatchObject({ state: 'paused', error: { code: 'aborted' } })
    expect(await run.ledger.totals()).toMatchObject({ openAttempts: 0, embedCalls: 0 })
  })
})
