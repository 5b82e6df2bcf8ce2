import { describe, expect, it } from 'vitest'
import { createRateLimits, goDuration, goDurations, noLimitHeaders, plainSeconds } from './rate-limits.ts'

describe('createRateLimits', () => {
  it('admits everything without limits, and says nothing', () => {
    const limits = createRateLimits({}, () => 0)
    expect(limits.admit(1e9)).toEqual({ admitted: true, retryAfterMs: 0, exceeded: undefined, state: [] })
  })

  it('admits so many requests in any window', () => {
    let now = 0
    const limits = createRateLimits({ requestsPerMinute: 2 }, () => now)
    expect(limits.admit(1).admitted).toBe(true)
    now = 10_000
    expect(limits.admit(1).admitted).toBe(true)
    now = 15_000
    expect(limits.admit(1)).toMatchObject({ admitted: false, retryAfterMs: 45_000 })
    now = 59_999
    expect(limits.admit(1).admitted).toBe(false)
    now = 60_000
    expect(limits.admit(1).admitted).toBe(true)
    expect(limits.admit(1)).toMatchObject({ admitted: false, retryAfterMs: 10_000 })
  })

  it('admits so many tokens in any window', () => {
    let now = 0
    const limits = createRateLimits({ tokensPerMinute: 100 }, () => now)
    expect(limits.admit(60).admitted).toBe(true)
    now = 20_000
    expect(limits.admit(40).admitted).toBe(true)
    now = 30_000
    expect(limits.admit(50)).toMatchObject({ admitted: false, retryAfterMs: 30_000 })
    expect(limits.admit(70)).toMatchObject({ admitted: false, retryAfterMs: 50_000 })
    expect(limits.admit(101)).toMatchObject({ admitted: false, retryAfterMs: 60_000 })
    now = 60_000
    expect(limits.admit(60).admitted).toBe(true)
  })

  it('scales the minute to its window', () => {
    let now = 0
    const limits = createRateLimits({ requestsPerMinute: 600, windowMs: 100 }, () => now)
    expect(limits.admit(1).admitted).toBe(true)
    expect(limits.admit(1)).toMatchObject({ admitted: false, retryAfterMs: 100 })
    now = 100
    expect(limits.admit(1).admitted).toBe(true)
  })

  it('says what is left', () => {
    const limits = createRateLimits({ requestsPerMinute: 10, tokensPerMinute: 100 }, () => 0)
    expect(goDurations(limits.admit(30).state)).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '1m0s',
      'x-ratelimit-limit-tokens': '100',
      'x-ratelimit-remaining-tokens': '70',
      'x-ratelimit-reset-tokens': '1m0s',
    })
  })
  it('holds a slice to its share', () => {
    let now = 0
    const limits = createRateLimits({ requestsPerMinute: 300, burstMs: 2_000 }, () => now)
    expect(Array.from({ length: 10 }, () => limits.admit(1).admitted)).not.toContain(false)
    expect(limits.admit(1)).toMatchObject({ admitted: false, retryAfterMs: 2_000, exceeded: 'requests', state: [{ remaining: 290 }] })
    now = 1_999
    expect(limits.admit(1)).toMatchObject({ admitted: false, retryAfterMs: 1 })
    now = 2_000
    expect(limits.admit(1).admitted).toBe(true)
  })

  it('admits one request to an empty slice, however large, and to a full window none', () => {
    let now = 0
    const limits = createRateLimits({ tokensPerMinute: 6_000, burstMs: 1_000 }, () => now)
    expect(limits.admit(5_000).admitted).toBe(true)
    expect(limits.admit(1)).toMatchObject({ admitted: false, retryAfterMs: 1_000, exceeded: 'tokens' })
    now = 1_000
    expect(limits.admit(5_000)).toMatchObject({ admitted: false, retryAfterMs: 59_000 })
    expect(limits.admit(1_000).admitted).toBe(true)
  })

  it('counts right after having forgotten many', () => {
    let now = 0
    const limits = createRateLimits({ requestsPerMinute: 3_000, windowMs: 1_000 }, () => now)
    for (now = 0; now < 100_000; now += 20) expect(limits.admit(1).admitted).toBe(true)
    expect(limits.admit(1)).toMatchObject({ admitted: true, state: [{ limit: 50, remaining: 0 }] })
    expect(limits.admit(1).admitted).toBe(false)
  })
})

describe('limit headers', () => {
  const state = [{ name: 'tokens', limit: 100, remaining: 7, resetMs: 90_500 }] as const

  it('come as each server writes them', () => {
    expect(goDurations(state)).toMatchObject({ 'x-ratelimit-remaining-tokens': '7', 'x-ratelimit-reset-tokens': '1m30.5s' })
    expect(plainSeconds(state)).toMatchObject({ 'x-ratelimit-reset-tokens': '91' })
    expect(noLimitHeaders(state)).toEqual({})
  })

  it.each([
    [0, '0ms'],
    [12.4, '12ms'],
    [1_000, '1s'],
    [7_660, '7.66s'],
    [360_000, '6m0s'],
    [7_261_000, '2h1m1s'],
  ])('%d ms is %s', (ms, expected) => {
    expect(goDuration(ms)).toBe(expected)
  })
})
