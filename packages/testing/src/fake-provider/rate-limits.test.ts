import { describe, expect, it } from 'vitest'
import { createRateLimits } from './rate-limits.ts'

describe('createRateLimits', () => {
  it('admits everything without limits, and says nothing', () => {
    const limits = createRateLimits({}, () => 0)
    expect(limits.admit(1e9)).toEqual({ admitted: true, retryAfterMs: 0, headers: {} })
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
    expect(limits.admit(30).headers).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '60000ms',
      'x-ratelimit-limit-tokens': '100',
      'x-ratelimit-remaining-tokens': '70',
      'x-ratelimit-reset-tokens': '60000ms',
    })
  })
})
