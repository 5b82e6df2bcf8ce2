import { describe, expect, it } from 'vitest'
import { durationMs } from './durations.ts'
import { readRateLimits } from './read-rate-limits.ts'
import { retryAfterMs } from './retry-after-ms.ts'

describe('durationMs', () => {
  it.each([
    ['12ms', 12],
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['1h2m3s', 3_723_000],
    ['7.66s', 7_660],
    ['1m7.66s', 67_660],
    ['30', 30_000],
    ['0', 0],
    ['0.5', 500],
    ['soon', undefined],
    ['', undefined],
    ['12 parsecs', undefined],
    ['-1', undefined],
  ])('reads %j as %j', (text, expected) => {
    const read = durationMs(text)
    if (expected === undefined) expect(read).toBeUndefined()
    else expect(read).toBeCloseTo(expected, 6)
  })
})

describe('readRateLimits', () => {
  const read = (headers: Record<string, string>) => readRateLimits(new Headers(headers))

  it('reads both dimensions, resets as durations or as seconds', () => {
    const headers = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-limit-tokens': '200000',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '30',
    }
    expect(read(headers)).toEqual({ requests: { limit: 500, remaining: 499, resetMs: 120 }, tokens: { limit: 200_000, remaining: 0, resetMs: 30_000 } })
  })

  it.each([
    [{}, undefined],
    // Azure: learn.microsoft.com/answers/questions/5625878
    [{ 'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '-1', 'x-ratelimit-reset-tokens': '0' }, undefined],
    [{ 'x-ratelimit-limit-tokens': '0', 'x-ratelimit-remaining-tokens': '0' }, undefined],
    [{ 'x-ratelimit-limit-tokens': 'many' }, undefined],
    [{ 'x-ratelimit-limit-requests': '60' }, { requests: { limit: 60 } }],
  ])('of %j makes %j', (headers, expected) => {
    expect(read(headers)).toEqual(expected)
  })

  it('turns a limit per second into one per minute, and takes nothing else from it', () => {
    const names = { requests: { limit: 'x-ratelimit-limit', remaining: 'x-ratelimit-remaining', perMs: 1_000 } }
    expect(readRateLimits(new Headers({ 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '3' }), names)).toEqual({ requests: { limit: 600 } })
  })
})

describe('retryAfterMs in words', () => {
  it.each([
    ['Rate limit reached for m on tokens per min (TPM): Limit 10000, Used 9000, Requested 2000. Please try again in 6s.', 6_000],
    ['Rate limit reached … Please try again in 5.289s. Visit https://example.com', 5_289],
    ['Please try again in 20ms.', 20],
    ['Please try again in 1m7.66s.', 67_660],
    ['Please retry after 22 seconds.', 22_000],
    ['Please try again later.', undefined],
    ['Please try again in a while, in 3 or 4 seconds', undefined],
    ['', undefined],
  ])('%j', (words, expected) => {
    const read = retryAfterMs(new Headers(), 0, { words })
    if (expected === undefined) expect(read).toBeUndefined()
    else expect(read).toBeCloseTo(expected, 6)
  })

  it('come after every header', () => {
    const headers = new Headers({ 'retry-after': '2', 'x-ratelimit-reset': '9' })
    expect(retryAfterMs(headers, 0, { extraHeader: 'x-ratelimit-reset', words: 'try again in 5s' })).toBe(2_000)
    headers.delete('retry-after')
    expect(retryAfterMs(headers, 0, { extraHeader: 'x-ratelimit-reset', words: 'try again in 5s' })).toBe(9_000)
  })
})
