import { SediError } from '@sedi/spec'
import { describeLimiterContract } from '@sedi/testing/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLimiter } from './limiter.ts'

describeLimiterContract({
  name: 'in process',
  create: async (limits) => [createLimiter(limits)],
  skip: Object.fromEntries(
    (
      [
        'requests and tokens are counted together',
        'a Retry-After holds for all',
        'what a provider states holds for all',
        'calls in flight are counted for each',
        'all make progress, large requests too',
        'one that is gone does not hold up the others',
      ] as const
    ).map((test) => [`several: ${test}`, 'counts for one process only']),
  ),
})

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Asks for `count` permits at once and notes when each was given; holds each for `holdMs`. */
function ask(limiter: ReturnType<typeof createLimiter>, count: number, tokens: number, holdMs: number): number[] {
  const start = Date.now()
  const given: number[] = []
  for (let i = 0; i < count; i++) {
    void limiter.acquire(tokens).then((permit) => {
      given.push(Date.now() - start)
      setTimeout(() => permit.release(undefined), holdMs)
    })
  }
  return given
}

describe('createLimiter', () => {
  it('keeps at most so many calls in flight', async () => {
    const given = ask(createLimiter({ concurrency: 2 }), 5, 1, 100)
    await vi.advanceTimersByTimeAsync(1000)
    expect(given).toEqual([0, 0, 100, 100, 200])
  })

  it('spreads requests evenly, over one per cent more than a minute', async () => {
    const given = ask(createLimiter({ concurrency: 100, requestsPerMinute: 3 }), 8, 1, 10)
    await vi.advanceTimersByTimeAsync(200_000)
    // One every 20.2 s, up to a second early.
    expect(given).toEqual([0, 19_200, 39_400, 60_600, 79_800, 100_000, 121_200, 140_400])
  })

  it('never sends more tokens than allowed in any 60 seconds; a request larger than the limit goes alone', async () => {
    const limiter = createLimiter({ concurrency: 100, tokensPerMinute: 100 })
    const given = ask(limiter, 4, 40, 10)
    await vi.advanceTimersByTimeAsync(119_000)
    expect(given).toEqual([0, 0, 60_600, 60_600])
    const large = ask(limiter, 1, 500, 10)
    await vi.advanceTimersByTimeAsync(61_000)
    expect(large).toEqual([2200])
  })

  it('corrects the estimate with what was really used', async () => {
    const limiter = createLimiter({ concurrency: 1, tokensPerMinute: 100 })
    const permit = await limiter.acquire(100)
    permit.release(10)
    const given = ask(limiter, 1, 90, 10)
    await vi.advanceTimersByTimeAsync(1)
    expect(given).toEqual([0])
  })

  it('sends nothing before the time a Retry-After named', async () => {
    const limiter = createLimiter({ concurrency: 4 })
    limiter.blockUntil(Date.now() + 5000)
    const given = ask(limiter, 2, 1, 1)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(given).toEqual([5000, 5000])
  })

  it('lets a waiting call leave the line', async () => {
    const limiter = createLimiter({ concurrency: 1 })
    const held = await limiter.acquire(1)
    const stop = new AbortController()
    const waiting = limiter.acquire(1, { signal: stop.signal })
    stop.abort()
    await expect(waiting).rejects.toSatisfy((error) => SediError.is(error, 'aborted'))
    await expect(limiter.acquire(1, { signal: stop.signal })).rejects.toSatisfy((error) => SediError.is(error, 'aborted'))
    held.release(undefined)
    await expect(limiter.acquire(1)).resolves.toBeDefined()
  })
})
