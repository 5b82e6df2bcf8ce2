import { describe, expect, it } from 'vitest'
import { type AdaptiveConcurrency, createAdaptiveConcurrency } from './adaptive-concurrency.ts'

const busy = (adaptive: AdaptiveConcurrency, latencyMs = 100) => adaptive.answered({ latencyMs, inFlight: adaptive.limit })

/** Every call in flight is answered once. */
function roundTrip(adaptive: AdaptiveConcurrency, latencyMs = 100): number {
  for (let answers = adaptive.limit; answers > 0; answers--) busy(adaptive, latencyMs)
  return adaptive.limit
}

describe('createAdaptiveConcurrency', () => {
  it('doubles each round trip up to the most', () => {
    const adaptive = createAdaptiveConcurrency({ most: 50, start: 4 })
    expect([adaptive.limit, roundTrip(adaptive), roundTrip(adaptive), roundTrip(adaptive), roundTrip(adaptive), roundTrip(adaptive)]).toEqual([
      4, 8, 16, 32, 50, 50,
    ])
  })

  it('halves once for all attempts that were in flight together, then grows by one each round trip', () => {
    const adaptive = createAdaptiveConcurrency({ most: 64, start: 40 })
    for (let attempt = 0; attempt < 10; attempt++) adaptive.overloaded(900 + attempt, 1000 + attempt)
    expect(adaptive.limit).toBe(20)
    expect([roundTrip(adaptive), roundTrip(adaptive)]).toEqual([21, 22])
    adaptive.overloaded(1500, 1600)
    expect(adaptive.limit).toBe(11)
  })

  it('never goes below one, nor begins above the most', () => {
    const adaptive = createAdaptiveConcurrency({ most: 3, start: 8 })
    expect(adaptive.limit).toBe(3)
    for (let time = 0; time < 10; time++) adaptive.overloaded(time, time)
    expect(adaptive.limit).toBe(1)
    for (let trip = 0; trip < 5; trip++) roundTrip(adaptive)
    expect(adaptive.limit).toBe(3)
  })

  it('does not grow while less than half of it is in use', () => {
    const adaptive = createAdaptiveConcurrency({ most: 100, start: 8 })
    for (let answers = 0; answers < 1000; answers++) adaptive.answered({ latencyMs: 100, inFlight: 4 })
    expect(adaptive.limit).toBe(9)
  })

  it('stops growing while answers take three times as long as they did, and goes on when they do not', () => {
    const adaptive = createAdaptiveConcurrency({ most: 1000, start: 8 })
    for (let answers = 0; answers < 10; answers++) busy(adaptive)
    for (let answers = 0; answers < 50; answers++) busy(adaptive, 1000)
    const slow = adaptive.limit
    for (let answers = 0; answers < 50; answers++) busy(adaptive, 1000)
    expect(adaptive.limit).toBe(slow)
    for (let answers = 0; answers < 50; answers++) busy(adaptive)
    expect(adaptive.limit).toBeGreaterThan(slow)
  })

  it('settles where a provider with room for 20 begins to refuse', () => {
    const adaptive = createAdaptiveConcurrency({ most: 500, start: 8 })
    let [now, answered, refused] = [0, 0, 0]
    for (let trip = 0; trip < 200; trip++) {
      const sent = adaptive.limit
      const startedAt = now
      now += 100
      for (let call = 0; call < sent; call++) {
        if (call < 20) busy(adaptive)
        else adaptive.overloaded(startedAt, now)
        if (call < 20) answered++
        else refused++
      }
    }
    expect(answered / 200).toBeGreaterThan(14)
    expect(refused / (answered + refused)).toBeLessThan(0.03)
  })
})
