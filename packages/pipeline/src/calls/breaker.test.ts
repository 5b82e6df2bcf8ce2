import { describe, expect, it } from 'vitest'
import { type Breaker, createBreaker, type FailedAttempt } from './breaker.ts'

const failure = (call: number, at: number, change: Partial<FailedAttempt> = {}): FailedAttempt => ({
  callId: `c${call}`,
  code: 'provider-response',
  message: 'it answered 500',
  at,
  ...change,
})

/** The first reason given, and after how many failures. */
function open(breaker: Breaker, attempts: readonly FailedAttempt[]): { readonly after: number; readonly reason: string } | undefined {
  for (const [i, attempt] of attempts.entries()) {
    const reason = breaker.failed(attempt)
    if (reason !== undefined) return { after: i + 1, reason }
  }
  return undefined
}

const row = (count: number, everyMs: number, calls: number, change: Partial<FailedAttempt> = {}): FailedAttempt[] =>
  Array.from({ length: count }, (_, i) => failure(i % calls, i * everyMs, change))

describe('createBreaker', () => {
  it('opens after twelve failures in a row of several calls that last a while', () => {
    expect(open(createBreaker(), row(50, 1000, 4))).toEqual({
      after: 12,
      reason: 'The provider seems to be in trouble: 12 attempts of 4 calls failed one after another within 11 s. The last one: it answered 500',
    })
  })

  it('waits out a moment of trouble, and leaves one bad call to its own number of attempts', () => {
    expect(open(createBreaker(), row(30, 100, 16))).toBeUndefined()
    expect(open(createBreaker(), row(100, 60_000, 2))).toBeUndefined()
  })

  it('begins to count anew with every answer', () => {
    const breaker = createBreaker()
    for (let i = 0; i < 100; i++) {
      expect(
        open(
          breaker,
          [0, 1, 2, 3].map((call) => failure(call, i * 60_000 + call * 10_000)),
        ),
      ).toBeUndefined()
      breaker.answered(i * 60_000 + 45_000)
      for (let other = 0; other < 5; other++) breaker.answered(i * 60_000 + 45_000)
    }
  })

  it('opens when more than half of a minute’s attempts fail, not at half', () => {
    const mixed = (failuresOfTen: number) => {
      const breaker = createBreaker()
      for (let i = 0; i < 400; i++) {
        const at = i * 100
        if (i % 10 < 10 - failuresOfTen) breaker.answered(at)
        else {
          const reason = breaker.failed(failure(i, at))
          if (reason !== undefined) return reason
        }
      }
      return undefined
    }
    expect(mixed(5)).toBeUndefined()
    expect(mixed(6)).toMatch(/^The provider seems to be in trouble: \d+ of the last minute’s \d+ attempts failed\. The last one: it answered 500$/)
  })

  it('says when it is time-outs', () => {
    expect(open(createBreaker(), row(50, 1000, 4, { code: 'timeout', message: 'no answer' }))?.reason).toMatch(
      /^The provider does not answer in time: 12 attempts/,
    )
  })

  it('takes being told to slow down for what it is, unless nothing is answered for ten minutes', () => {
    const slowDown = { code: 'rate-limited', message: 'slow down' } as const
    expect(open(createBreaker(), row(500, 1000, 50, slowDown))).toBeUndefined()
    const opened = open(createBreaker(), row(1000, 1000, 50, slowDown))
    expect([opened?.after, opened?.reason]).toEqual([601, expect.stringMatching(/refused every call for 10 minutes .* It said last: slow down$/)])
    const breaker = createBreaker()
    for (let minute = 0; minute < 60; minute++) {
      expect(
        open(
          breaker,
          row(50, 1000, 50, slowDown).map((attempt) => ({ ...attempt, at: attempt.at + minute * 60_000 })),
        ),
      ).toBeUndefined()
      breaker.answered(minute * 60_000 + 55_000)
    }
  })
})
