import { type Limiter, type LimitOptions, SediError } from '@sedi/spec'
import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import { contractTests, type Skips } from './contract-tests.ts'

export type LimiterTest =
  | 'keeps at most so many calls in flight'
  | 'serves in order'
  | 'never sends more requests than allowed in any 60 seconds'
  | 'spreads requests evenly, with a burst of a second'
  | 'allows fewer calls in flight when told to'
  | 'a limit that the provider states caps the configured one, until it is old'
  | 'a limit that the provider states stands in for a missing one'
  | 'what others use takes room until it resets, under the stated limit only'
  | 'numbers that cannot be limits are ignored'
  | 'never sends more tokens than allowed in any 60 seconds'
  | 'a request larger than the token limit goes alone'
  | 'corrects the estimate with what was really used'
  | 'a request that is sent late counts from when it is sent'
  | 'sends nothing before the time a Retry-After named'
  | 'setting the clock opens nothing and closes nothing'
  | 'lets a waiting call leave the line'
  | 'lets go of who waits when it is closed'
  | 'several: requests and tokens are counted together'
  | 'several: a Retry-After holds for all'
  | 'several: what a provider states holds for all'
  | 'several: calls in flight are counted for each'
  | 'several: all make progress, large requests too'
  | 'several: one that is gone does not hold up the others'

export type LimiterContract = {
  readonly name: string
  /**
   * Limiters of one key, new for each test, as `count` processes of one store have them. Time is `setTimeout`, `Date.now` and
   * `process.hrtime`, all of which the suite fakes.
   */
  create(limits: LimitOptions, count: number): Promise<readonly Limiter[]>
  /** Lets so much time pass; limiters that ask a server need more than timers. @default vi.advanceTimersByTimeAsync */
  advance?(ms: number): Promise<unknown>
  destroy?(): Promise<void>
  readonly skip?: Skips<LimiterTest>
}

type Given = { readonly at: number; readonly tokens: number; readonly by: number }

/** What every limiter must do, alone and shared. Waiting may take a little longer than it must, never less. */
export function describeLimiterContract(contract: LimiterContract): void {
  describe(`Limiter: ${contract.name}`, () => {
    let limiters: readonly Limiter[] = []
    let given: Given[] = []
    const time = (): number => Math.round(Number(process.hrtime.bigint()) / 1e6)
    beforeEach(() => {
      vi.useFakeTimers()
      given = []
    })
    afterEach(async () => {
      for (const limiter of limiters) limiter.close()
      limiters = []
      vi.useRealTimers()
      await contract.destroy?.()
    })
    const test = contractTests<LimiterTest>(contract.skip)

    async function create(limits: LimitOptions, count = 1): Promise<Limiter> {
      limiters = await contract.create(limits, count)
      return limiters[0]!
    }

    /** Asks for permits at once and notes when each was given; holds each for `holdMs`. */
    function ask(by: number, count: number, tokens: number, holdMs = 1): void {
      for (let i = 0; i < count; i++) {
        limiters[by]!.acquire(tokens).then(
          (permit) => {
            given.push({ at: time(), tokens, by })
            setTimeout(() => permit.release(undefined), holdMs)
          },
          () => {},
        )
      }
    }

    /** The most requests, and tokens, given within any 60 seconds. */
    function most(): { readonly requests: number; readonly tokens: number } {
      const windows = given.map(({ at }) => given.filter((other) => other.at >= at && other.at < at + 60_000))
      return {
        requests: Math.max(...windows.map(({ length }) => length)),
        tokens: Math.max(...windows.map((window) => window.reduce((sum, { tokens }) => sum + tokens, 0))),
      }
    }

    const advance = (ms: number): Promise<unknown> => contract.advance?.(ms) ?? vi.advanceTimersByTimeAsync(ms)
    const minutes = (count: number): Promise<unknown> => advance(count * 60_000)
    const code = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'no error',
        (error: unknown) => (SediError.is(error) ? error.code : String(error)),
      )

    test('keeps at most so many calls in flight', async () => {
      await create({ concurrency: 2 })
      ask(0, 5, 1, 1000)
      await advance(900)
      expect(given).toHaveLength(2)
      await advance(1000)
      expect(given).toHaveLength(4)
      await advance(1000)
      expect(given).toHaveLength(5)
    })

    test('serves in order', async () => {
      await create({ concurrency: 9, requestsPerMinute: 2, tokensPerMinute: 100 })
      for (const tokens of [60, 30, 50, 10, 100, 1]) ask(0, 1, tokens)
      await minutes(5)
      expect(given.map(({ tokens }) => tokens)).toEqual([60, 30, 50, 10, 100, 1])
    })

    test('never sends more requests than allowed in any 60 seconds', async () => {
      await create({ concurrency: 100, requestsPerMinute: 3 })
      ask(0, 8, 1, 10)
      await minutes(1)
      expect(given).toHaveLength(3)
      await minutes(1.7)
      expect([given.length, most().requests]).toEqual([8, 3])
    })

    test('spreads requests evenly, with a burst of a second', async () => {
      await create({ concurrency: 1000, requestsPerMinute: 600 })
      ask(0, 1500, 1)
      await minutes(2)
      const start = given[0]!.at
      const sentIn = (from: number, ms: number): number => given.filter(({ at }) => at >= start + from && at < start + from + ms).length
      expect(sentIn(0, 50)).toBeLessThanOrEqual(11)
      for (let second = 1; second < 59; second++) expect(sentIn(second * 1000, 1000)).toBeLessThanOrEqual(11)
      expect(most().requests).toBeLessThanOrEqual(600)
      // 99 % of the limit, less what is due to timers.
      expect(given.length).toBeGreaterThanOrEqual(1175)
    })

    test('allows fewer calls in flight when told to', async () => {
      const limiter = await create({ concurrency: 4 })
      limiter.allow(2)
      ask(0, 6, 1, 1000)
      await advance(500)
      expect(given).toHaveLength(2)
      limiter.allow(100)
      await advance(100)
      expect(given).toHaveLength(4)
      limiter.allow(0)
      await advance(900)
      expect(given).toHaveLength(5)
    })

    test('a limit that the provider states caps the configured one, until it is old', async () => {
      const limiter = await create({ concurrency: 1000, requestsPerMinute: 600 })
      limiter.report({ requests: { limit: 60 } })
      ask(0, 3000, 1)
      await minutes(2)
      expect(most().requests).toBeLessThanOrEqual(60)
      expect(given.length).toBeGreaterThanOrEqual(115)
      limiter.report({ requests: { limit: 6000 } })
      await minutes(2)
      expect(most().requests).toBeGreaterThan(500)
      expect(most().requests).toBeLessThanOrEqual(600)
      limiter.report({ requests: { limit: 6 } })
      await minutes(10.5)
      const before = given.length
      await minutes(1)
      expect(given.length - before).toBeGreaterThan(300)
    })

    test('a limit that the provider states stands in for a missing one', async () => {
      const limiter = await create({ concurrency: 1000 })
      ask(0, 1, 1)
      limiter.report({ requests: { limit: 60, remaining: 59, resetMs: 1000 }, tokens: { limit: 100, remaining: 100 } })
      await advance(1)
      ask(0, 300, 5)
      await minutes(3)
      expect(most().tokens).toBeLessThanOrEqual(101)
      expect(given.length).toBeGreaterThanOrEqual(56)
    })

    test('what others use takes room until it resets, under the stated limit only', async () => {
      const limiter = await create({ concurrency: 1000, requestsPerMinute: 60 })
      limiter.report({ requests: { limit: 600, remaining: 300, resetMs: 60_000 } })
      ask(0, 20, 1)
      await minutes(0.3)
      expect(given.length).toBeGreaterThanOrEqual(17)
      limiter.report({ requests: { limit: 600, remaining: 0, resetMs: 20_000 } })
      const before = given.length
      ask(0, 200, 1)
      await advance(19_000)
      expect(given).toHaveLength(before)
      await advance(15_000)
      expect(given.length).toBeGreaterThan(before)
    })

    test('numbers that cannot be limits are ignored', async () => {
      const limiter = await create({ concurrency: 9 })
      for (const limit of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) limiter.report({ requests: { limit, remaining: 0 }, tokens: { limit, remaining: -1 } })
      limiter.report({ requests: { remaining: 0, resetMs: 60_000 } })
      ask(0, 9, 1000)
      await advance(100)
      expect(given).toHaveLength(9)
    })

    test('never sends more tokens than allowed in any 60 seconds', async () => {
      await create({ concurrency: 100, tokensPerMinute: 100 })
      ask(0, 6, 40)
      await minutes(2.1)
      expect([given.length, most().tokens]).toEqual([6, 80])
    })

    test('a request larger than the token limit goes alone', async () => {
      await create({ concurrency: 100, tokensPerMinute: 100 })
      ask(0, 1, 40)
      ask(0, 1, 500)
      ask(0, 1, 40)
      await minutes(2.1)
      expect([given.map(({ tokens }) => tokens), most().requests]).toEqual([[40, 500, 40], 1])
    })

    test('corrects the estimate with what was really used', async () => {
      const limiter = await create({ concurrency: 1, tokensPerMinute: 100 })
      const permit = await limiter.acquire(100)
      permit.release(10)
      ask(0, 2, 90)
      await advance(1000)
      expect(given).toHaveLength(1)
    })

    test('a request that is sent late counts from when it is sent', async () => {
      const limiter = await create({ concurrency: 9, requestsPerMinute: 2 })
      const late = limiter.acquire(1)
      await advance(20_000)
      const sentAt = time()
      ;(await late).sent()
      ask(0, 2, 1)
      await advance(100_000)
      expect(given).toHaveLength(2)
      expect(given[0]!.at - sentAt).toBeLessThan(20_000)
      expect(given[1]!.at - sentAt).toBeGreaterThanOrEqual(60_000)
    })

    test('sends nothing before the time a Retry-After named', async () => {
      const limiter = await create({ concurrency: 4, requestsPerMinute: 100 })
      limiter.blockUntil(Date.now() + 5000)
      limiter.blockUntil(Date.now() + 3000)
      ask(0, 2, 1)
      await advance(4990)
      expect(given).toHaveLength(0)
      await advance(1000)
      expect(given).toHaveLength(2)
    })

    test('setting the clock opens nothing and closes nothing', async () => {
      const limiter = await create({ concurrency: 100, requestsPerMinute: 3 })
      for (const jumpMs of [3_600_000, -7_200_000, 90_000]) {
        ask(0, 6, 1)
        await advance(10_000)
        vi.setSystemTime(Date.now() + jumpMs)
        await minutes(2)
      }
      expect([given.length, most().requests]).toEqual([18, 3])
      limiter.blockUntil(Date.now() + 5000)
      vi.setSystemTime(Date.now() - 3_600_000)
      await minutes(1)
      ask(0, 1, 1)
      await advance(1000)
      expect(given).toHaveLength(19)
    })

    test('lets a waiting call leave the line', async () => {
      const limiter = await create({ concurrency: 1, tokensPerMinute: 100 })
      const held = await limiter.acquire(1)
      const stop = new AbortController()
      const waiting = code(limiter.acquire(1, { signal: stop.signal }))
      stop.abort()
      expect([await waiting, await code(limiter.acquire(1, { signal: stop.signal }))]).toEqual(['aborted', 'aborted'])
      held.release(undefined)
      expect(await code(limiter.acquire(1))).toBe('no error')
    })

    test('lets go of who waits when it is closed', async () => {
      const limiter = await create({ concurrency: 9, requestsPerMinute: 1 })
      const held = await limiter.acquire(1)
      const waiting = code(limiter.acquire(1))
      limiter.close()
      expect(await waiting).toBe('aborted')
      held.release(5)
    })

    test('several: requests and tokens are counted together', async () => {
      await create({ concurrency: 100, requestsPerMinute: 10, tokensPerMinute: 400 }, 3)
      for (const by of [0, 1, 2]) ask(by, 8, by === 0 ? 100 : 10)
      await minutes(1)
      expect(given.length).toBeGreaterThanOrEqual(4)
      await minutes(6)
      expect(given).toHaveLength(24)
      expect(most().requests).toBeLessThanOrEqual(10)
      expect(most().tokens).toBeLessThanOrEqual(400)
    })

    test('several: a Retry-After holds for all', async () => {
      await create({ concurrency: 100, requestsPerMinute: 100 }, 2)
      limiters[1]!.blockUntil(Date.now() + 20_000)
      await advance(0)
      ask(0, 1, 1)
      ask(1, 1, 1)
      await advance(19_000)
      expect(given).toHaveLength(0)
      await advance(2000)
      expect(given).toHaveLength(2)
    })

    test('several: what a provider states holds for all', async () => {
      await create({ concurrency: 100, requestsPerMinute: 1000 }, 2)
      limiters[1]!.report({ requests: { limit: 30 } })
      await advance(0)
      ask(0, 50, 1)
      ask(1, 50, 1)
      await minutes(2)
      expect(most().requests).toBeLessThanOrEqual(30)
      for (const by of [0, 1]) expect(given.filter((one) => one.by === by).length).toBeGreaterThanOrEqual(5)
    })

    test('several: calls in flight are counted for each', async () => {
      await create({ concurrency: 2, requestsPerMinute: 100 }, 2)
      ask(0, 3, 1, 30_000)
      ask(1, 3, 1, 30_000)
      await advance(10_000)
      expect(given.map(({ by }) => by).sort()).toEqual([0, 0, 1, 1])
    })

    test('several: all make progress, large requests too', async () => {
      await create({ concurrency: 100, requestsPerMinute: 40, tokensPerMinute: 1000 }, 3)
      ask(0, 100, 10)
      ask(1, 100, 10)
      ask(2, 6, 900)
      await minutes(4)
      const of = (by: number): number => given.filter((one) => one.by === by).length
      expect(of(2)).toBeGreaterThanOrEqual(2)
      expect(of(0)).toBeGreaterThanOrEqual(4)
      expect(of(1)).toBeGreaterThanOrEqual(4)
      expect(most().tokens).toBeLessThanOrEqual(1000)
    })

    test('several: one that is gone does not hold up the others', async () => {
      await create({ concurrency: 100, tokensPerMinute: 100 }, 2)
      ask(0, 1, 90)
      ask(0, 1, 90)
      await advance(1000)
      limiters[0]!.close()
      ask(1, 1, 10)
      await advance(10_000)
      expect(given.map(({ by }) => by)).toEqual([0, 1])
    })
  })
}
