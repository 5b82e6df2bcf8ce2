import type { AttemptFact, GenerateRequest, GenerateResult, OpenRun, RateLimits, TextGenerator } from '@sedi/spec'
import { SediError } from '@sedi/spec'
import { createLimiter } from '@sedi/store'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestRun, newStore, providerError } from '../fixtures/harness.ts'
import { type BuyerOptions, createBuyer, type PlannedCall } from './buy-completion.ts'
import { createReservations } from './reserve.ts'
import type { RunEvent } from './run-events.ts'

const request: GenerateRequest = { messages: [{ role: 'user', content: 'a very secret prompt' }], maxOutputTokens: 100 }
const price = { inputPerMTokUsd: 1, outputPerMTokUsd: 1 }
const planned = (index: number): PlannedCall => ({ callId: `r01-c${index}`, round: 1, index, stage: 'tasks', parentId: null, seedIds: [], request })
const answer = (change: Partial<GenerateResult> = {}): GenerateResult => ({
  text: 'a very secret completion',
  finishReason: 'stop',
  usage: { inputTokens: 10, outputTokens: 5 },
  modelId: 'm-2026',
  warnings: [],
  raw: null,
  ...change,
})

type Generate = (send: number, signal: AbortSignal) => GenerateResult | Promise<GenerateResult>

let run: OpenRun
let events: RunEvent[]
let notices: string[]
beforeEach(async () => {
  run = await createTestRun(newStore())
  events = []
  notices = []
})
afterEach(async () => {
  vi.useRealTimers()
  await run.close()
})

function buyer(generate: Generate, change: Partial<BuyerOptions> = {}) {
  let sent = 0
  const generator: TextGenerator = {
    specVersion: 1,
    provider: 'scripted',
    modelId: 'm',
    generate: async (_, call) => generate(++sent, call!.signal!),
  }
  const limiter = createLimiter({ concurrency: change.concurrency?.most ?? 100 })
  const reports: RateLimits[] = []
  const made = createBuyer({
    generator,
    ledger: run.ledger,
    reservations: createReservations(run.budget({ maxCostNanoUsd: undefined })),
    limiter: {
      ...limiter,
      report(limits) {
        reports.push(limits)
        limiter.report(limits)
      },
    },
    price,
    maxAttempts: 4,
    clock: Date.now,
    jitter: () => 0,
    stop: new AbortController().signal,
    onEvent: (event) => events.push(event),
    onNotice: (notice) => notices.push(notice),
    ...change,
  })
  return { ...made, sent: () => sent, reports }
}

const outcome = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (SediError.is(error) ? `${error.code}: ${error.message}` : String(error)),
  )
const ofEvent = <E extends RunEvent['event']>(name: E) => events.filter((event) => event.event === name)

describe('retries', () => {
  it('is told to slow down more often than it may fail, and waits with all other calls', async () => {
    const { buy, sent } = buyer((send) => {
      if (send <= 10) throw providerError('rate-limited', { retryable: true, retryAfterMs: 1 })
      return answer()
    })
    expect(await outcome(buy(planned(0), 0))).toBe('answered')
    expect(sent()).toBe(11)
    const endless = buyer(() => {
      throw providerError('rate-limited', { retryable: true, retryAfterMs: 0 })
    })
    expect(await outcome(endless.buy(planned(1), 0))).toMatch(/^rate-limited/)
    expect(endless.sent()).toBe(20)
  })

  it('pauses, for all calls, when the provider asks for a very long wait, and says until when', async () => {
    const { buy, sent } = buyer(
      () => {
        throw providerError('provider-response', { retryable: true, retryAfterMs: 3_600_000 })
      },
      { concurrency: { most: 1, start: 1 } },
    )
    const outcomes = await Promise.all([0, 1, 2].map((index) => outcome(buy(planned(index), 0))))
    for (const one of outcomes) expect(one).toMatch(/^provider-response: .*\nIt asks to wait 60 minutes, until .*; the run pauses instead/)
    expect(sent()).toBe(1)
  })

  it('sends no more of the calls in line once the key or the quota is refused', async () => {
    for (const code of ['invalid-credential', 'quota-exhausted'] as const) {
      const { buy, sent } = buyer(
        () => {
          throw providerError(code)
        },
        { concurrency: { most: 1, start: 1 } },
      )
      const outcomes = await Promise.all([0, 1, 2].map((index) => outcome(buy({ ...planned(index), callId: `${code}${index}` }, 0))))
      expect([sent(), outcomes.every((one) => one.startsWith(code))]).toEqual([1, true])
    }
  })
})

describe('the breaker', () => {
  it('ends every call with the reason, those waiting to be tried again at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'hrtime', 'performance'] })
    const { buy, sent } = buyer(
      () => {
        throw providerError('provider-response', { retryable: true })
      },
      { maxAttempts: 50, concurrency: { most: 4, start: 4 } },
    )
    const all = Promise.all([0, 1, 2, 3].map((index) => outcome(buy(planned(index), 0))))
    let done = false
    void all.then(() => {
      done = true
    })
    while (!done) await vi.advanceTimersByTimeAsync(500)
    for (const one of await all)
      expect(one).toMatch(/^provider-response: The provider seems to be in trouble: \d+ attempts of 4 calls failed .*\nNothing more is sent/)
    expect(sent()).toBeLessThanOrEqual(20)
    expect(ofEvent('breaker.opened')).toHaveLength(1)
    expect(await outcome(buy(planned(5), 0))).toMatch(/^provider-response: The provider seems/)
    expect((await run.ledger.totals()).openAttempts).toBe(0)
  })
})

describe('calls in flight', () => {
  it('begin with a few, grow with answers, and are halved by overload', async () => {
    let [inFlight, most] = [0, 0]
    const { buy } = buyer(
      async (send) => {
        most = Math.max(most, ++inFlight)
        // Long beside what recording takes: answers that come later and later would hold the growth.
        await new Promise((resolve) => setTimeout(resolve, 60))
        inFlight--
        if (send === 60) throw providerError('timeout', { retryable: true, retryAfterMs: 0 })
        return answer()
      },
      { concurrency: { most: 32, start: 2 } },
    )
    await Promise.all(Array.from({ length: 120 }, (_, index) => buy(planned(index), 0)))
    const changes = ofEvent('concurrency.changed').map((event) => [event.event === 'concurrency.changed' && event.allowed, 'because' in event && event.because])
    expect(changes[0]).toEqual([3, 'answers'])
    expect(changes.find(([, because]) => because === 'overload')![0]).toBeGreaterThanOrEqual(8)
    expect(most).toBeGreaterThan(8)
    expect(most).toBeLessThanOrEqual(32)
  })
})

describe('what replies say', () => {
  it('passes the key’s limits on, of answers and of refusals', async () => {
    const limits = { requests: { limit: 600, remaining: 599 } }
    const { buy, reports } = buyer((send) => {
      if (send === 1) throw new SediError('rate-limited', 'slow', { retryable: true, details: { charged: 'none', retryAfterMs: 0, rateLimits: limits } })
      return answer({ rateLimits: { requests: { limit: 1200 } } })
    })
    await buy(planned(0), 0)
    expect(reports).toEqual([limits, { requests: { limit: 1200 } }])
    expect(ofEvent('limits.stated')).toMatchObject([
      { requestsPerMinute: 600, tokensPerMinute: null },
      { requestsPerMinute: 1200, tokensPerMinute: null },
    ])
  })

  it('records once what a model does not accept, with the answer, and tells', async () => {
    const adaptations = [
      { setting: 'temperature', action: 'dropped', replacement: null, reason: 'only 1 is supported' },
      { setting: 'max_tokens', action: 'renamed', replacement: 'max_completion_tokens', reason: 'use the other' },
    ] as const
    const { buy } = buyer(() => answer({ adaptations }), { adapted: ['max_tokens'] })
    await buy(planned(0), 0)
    await buy(planned(1), 0)
    expect(await run.ledger.find('adaptation')).toMatchObject([{ ...adaptations[0], provider: 'scripted', modelId: 'm' }])
    expect(notices).toEqual(['m does not accept temperature: it is left out from now on. It said: only 1 is supported'])
  })

  it('takes the provider’s own price before ours, and settles more than was reserved when that is used, saying so', async () => {
    const { buy } = buyer((send) => answer(send === 1 ? { costNanoUsd: 77 } : { usage: { inputTokens: 10, outputTokens: 5000 } }))
    expect((await buy(planned(0), 0)).costNanoUsd).toBe(77)
    const excessive = await buy(planned(1), 0)
    await buy(planned(2), 0)
    expect([excessive.costNanoUsd, excessive.warnings]).toEqual([5_010_000, [expect.stringMatching(/reports more tokens \(10 in, 5000 out\)/)]])
    expect(notices.filter((notice) => /cannot be held to a budget exactly/.test(notice))).toHaveLength(1)
  })

  it('says when the provider’s own price is more than ours can have been, once', async () => {
    const { buy } = buyer((send) => answer({ costNanoUsd: send === 1 ? 248_000 : 744_000 }))
    const [fits, dear, again] = [await buy(planned(0), 0), await buy(planned(1), 0), await buy(planned(2), 0)]
    const warning = 'the provider charged $0.000744, and the call can have cost $0.000248 at the configured price: the cost is more than was reserved'
    expect([fits, dear, again].map(({ costNanoUsd, warnings }) => [costNanoUsd, warnings])).toEqual([
      [248_000, []],
      [744_000, [warning]],
      [744_000, [warning]],
    ])
    expect(notices).toEqual([`r01-c1: ${warning}. Such a provider cannot be held to a budget exactly.`])
  })
})

describe('an attempt', () => {
  it('that takes too long is ended, recorded as uncertain, and tried again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { buy } = buyer((send) => (send === 1 ? new Promise<never>(() => {}) : answer()), { deadlineMs: 1000 })
    const bought = outcome(buy(planned(0), 0))
    let done = false
    void bought.then(() => {
      done = true
    })
    while (!done) await vi.advanceTimersByTimeAsync(500)
    expect(await bought).toBe('answered')
    expect(await run.ledger.find('outcome')).toMatchObject([
      { attempt: 1, result: 'failed', errorCode: 'timeout', charged: 'uncertain' },
      { attempt: 2, result: 'answered' },
    ])
  })

  it('in flight is finished when the run is stopped, and ended and recorded as uncertain when it is aborted', async () => {
    const [stop, abort] = [new AbortController(), new AbortController()]
    const { buy } = buyer(
      (_, signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(providerError('aborted', { charged: 'uncertain' })))),
      { stop: stop.signal, abort: abort.signal },
    )
    const bought = outcome(buy(planned(0), 0))
    while ((await run.ledger.totals()).openAttempts === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    stop.abort()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await run.ledger.totals()).openAttempts).toBe(1)
    abort.abort()
    expect(await bought).toMatch(/^aborted/)
    expect(await run.ledger.find('outcome')).toMatchObject([{ result: 'failed', errorCode: 'aborted', charged: 'uncertain' }])
  })

  it('is named for good: by run, call and number', async () => {
    const keys: unknown[] = []
    const { buy } = buyer(() => answer(), {
      generator: {
        specVersion: 1,
        provider: 'scripted',
        modelId: 'm',
        async generate(_, call) {
          keys.push(call?.key)
          return answer()
        },
      },
    })
    await buy(planned(0), 2)
    expect(keys).toEqual(['run/r01-c0/3'])
  })
})

describe('a budget of tokens', () => {
  const attempt: AttemptFact = {
    kind: 'attempt',
    callId: 'r01-c9',
    attempt: 1,
    round: 1,
    reservedNanoUsd: null,
    reservedInputTokens: 100,
    reservedOutputTokens: 50,
    recovery: 'lost',
    at: 0,
  }

  it('is never exceeded at an unknown price, and says how to raise it', async () => {
    const maxTokens = 1500
    const { buy } = buyer(() => answer({ usage: { inputTokens: 60, outputTokens: 40 } }), {
      price: undefined,
      reservations: createReservations(run.budget({ maxCostNanoUsd: undefined, maxTokens })),
    })
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, index) => outcome(buy(planned(index), 0))))
    const { calls, inputTokens, outputTokens, openTokens } = await run.ledger.totals()
    // A call reserves 148 + 100 tokens and uses 100: the thirteenth would fit, the fourteenth might not.
    expect([calls, inputTokens + outputTokens, openTokens]).toEqual([13, 1300, 0])
    expect(outcomes.find((one) => one !== 'answered')).toMatch(/^budget-exhausted: .*1300 tokens are committed.*up to 248\..*--max-tokens/)
  })

  it('counts what may have been used, and what a server does not count, at its most', async () => {
    const { buy } = buyer((send) => {
      if (send === 1) throw providerError('quota-exhausted', { charged: 'uncertain' })
      return answer({ usage: { inputTokens: 7 } })
    })
    await outcome(buy(planned(0), 0))
    expect(await run.ledger.totals()).toMatchObject({ uncertainTokens: 248, openTokens: 0 })
    const other = buyer(() => answer({ usage: { inputTokens: 7 } }))
    await other.buy(planned(1), 0)
    expect(await run.ledger.totals()).toMatchObject({ uncertainTokens: 348, inputTokens: 7, outputTokens: 0 })
    const decision = await run.budget({ maxCostNanoUsd: undefined, maxTokens: 505 }).reserve(attempt)
    expect(decision).toMatchObject({ granted: true, exceeds: undefined, committedTokens: 505, openTokens: 150 })
    expect(await run.budget({ maxCostNanoUsd: 10, maxTokens: 505 }).reserve({ ...attempt, callId: 'r01-c8', reservedNanoUsd: 0 })).toMatchObject({
      granted: false,
      exceeds: 'cost',
    })
    expect(await run.budget({ maxCostNanoUsd: undefined, maxTokens: 505 }).reserve({ ...attempt, callId: 'r01-c8' })).toMatchObject({
      granted: false,
      exceeds: 'tokens',
    })
  })
})

describe('events', () => {
  const script: Generate = (send) => {
    if (send === 1) throw providerError('timeout', { retryable: true, charged: 'uncertain', retryAfterMs: 3 })
    return answer()
  }

  it('tell every attempt without prompts and completions', async () => {
    await buyer(script).buy(planned(0), 0)
    expect(events).toEqual([
      { level: 'debug', event: 'call.sent', call: 'r01-c0', attempt: 1, inFlight: 1 },
      {
        level: 'warn',
        event: 'call.failed',
        call: 'r01-c0',
        attempt: 1,
        code: 'timeout',
        message: 'the provider says timeout',
        charged: 'uncertain',
        retryInMs: 3,
      },
      { level: 'debug', event: 'call.sent', call: 'r01-c0', attempt: 2, inFlight: 1 },
      expect.objectContaining({ event: 'call.answered', attempt: 2, model: 'm-2026', finishReason: 'stop', costNanoUsd: 15_000 }),
    ])
    expect(JSON.stringify(events)).not.toContain('very secret')
  })

  it('carry them when that is asked for', async () => {
    await buyer(script, { logTexts: true }).buy(planned(0), 0)
    expect([ofEvent('call.sent')[0], ofEvent('call.answered')[0]]).toMatchObject([{ messages: request.messages }, { text: 'a very secret completion' }])
  })
})
