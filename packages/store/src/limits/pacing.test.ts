import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLimiter } from './limiter.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A provider's limits as it enforces them, in our words: a sliding minute, and a bucket of `burstMs` worth that fills evenly. */
function createProvider(perMinute: number, burstMs: number) {
  const capacity = (perMinute * burstMs) / 60_000
  let [bucket, filledAt] = [capacity, 0]
  const admitted: number[] = []
  let refused = 0
  return {
    admitted,
    refused: () => refused,
    arrives(now: number): void {
      bucket = Math.min(capacity, bucket + ((now - filledAt) * perMinute) / 60_000)
      filledAt = now
      const oldest = admitted[admitted.length - perMinute]
      if (bucket < 1 || (oldest !== undefined && oldest > now - 60_000)) {
        refused++
        return
      }
      bucket--
      admitted.push(now)
    },
  }
}

/** Uniform in (0, 1): Park and Miller’s minimal standard. */
function lehmer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

type Case = {
  readonly name: string
  readonly perMinute: number
  /** Longest way to the provider. */
  readonly delayMs: number
  /** How long nothing is sent, and how often. */
  readonly pauseMs: number
  readonly everySeconds: number
  /** What the provider takes at once. */
  readonly burstMs: number
}

it.each<Case>([
  { name: 'a burst of two seconds, when they arrive after 0 to 250 ms', perMinute: 3000, delayMs: 250, pauseMs: 0, everySeconds: 10, burstMs: 2000 },
  {
    name: 'a burst of two seconds, when the process stands still for half a second now and then',
    perMinute: 3000,
    delayMs: 50,
    pauseMs: 500,
    everySeconds: 10,
    burstMs: 2000,
  },
  {
    name: 'a sliding minute, when the process stands still for two seconds each minute',
    perMinute: 600,
    delayMs: 50,
    pauseMs: 2000,
    everySeconds: 60,
    burstMs: 60_000,
  },
])(
  'reaches 98 of 100 under a limit that is enforced with $name, with at most 1 of 1000 refused',
  async ({ perMinute, delayMs, pauseMs, everySeconds, burstMs }) => {
    const minutes = 4
    const provider = createProvider(perMinute, burstMs)
    const limiter = createLimiter({ concurrency: 64, requestsPerMinute: perMinute })
    const random = lehmer(3)
    const start = Date.now()
    let sent = 0
    let standingStillUntil = 0

    async function client(): Promise<void> {
      while (Date.now() - start < minutes * 60_000) {
        const permit = await limiter.acquire(1)
        sent++
        const still = Math.max(0, standingStillUntil - Date.now())
        await new Promise((resolve) => setTimeout(resolve, still))
        permit.sent()
        await new Promise((resolve) => setTimeout(resolve, random() * delayMs))
        provider.arrives(Date.now() - start)
        await new Promise((resolve) => setTimeout(resolve, 300))
        permit.release(undefined)
      }
    }
    for (let calls = 0; calls < 64; calls++) void client()
    for (let second = 0; second < minutes * 60; second++) {
      if (second % everySeconds === 0) standingStillUntil = Date.now() + pauseMs
      await vi.advanceTimersByTimeAsync(1000)
    }
    const afterFirst = provider.admitted.filter((at) => at >= 60_000 && at < minutes * 60_000).length / (minutes - 1)
    expect(afterFirst / perMinute).toBeGreaterThanOrEqual(0.98)
    expect(provider.refused() / sent).toBeLessThanOrEqual(0.001)
  },
)
