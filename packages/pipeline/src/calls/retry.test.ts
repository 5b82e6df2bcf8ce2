import { SediError } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { retryDelayMs, tooLongToWait } from './retry.ts'

const asking = (retryAfterMs?: unknown): SediError => new SediError('rate-limited', 'too many', { retryable: true, details: { retryAfterMs } })

describe('retryDelayMs', () => {
  it('waits as long as it is asked to, and a little longer, each call another little', () => {
    expect([retryDelayMs(asking(7000), 1, 0), retryDelayMs(asking(7000), 5, 0.5)]).toEqual([7000, 7125])
    expect(retryDelayMs(asking(0), 3, 0)).toBe(0)
  })

  it('takes what cannot be a wait for none', () => {
    for (const nonsense of [-1, -3_600_000, 1e15, Number.NaN, Number.POSITIVE_INFINITY, '5', undefined, null]) {
      expect(retryDelayMs(asking(nonsense), 1, 0.5)).toBe(500)
    }
  })

  it('doubles up to a minute, give or take a quarter', () => {
    const delays = [1, 2, 3, 8, 9, 1000].map((failed) => retryDelayMs(asking(), failed, 0.5))
    expect(delays).toEqual([500, 1000, 2000, 60_000, 60_000, 60_000])
    expect([retryDelayMs(asking(), 1, 0), retryDelayMs(asking(), 1, 0.999)]).toEqual([375, expect.closeTo(625, 0)])
  })
})

it('tooLongToWait says until when', () => {
  const error = tooLongToWait(asking(3_600_000), 3_600_000, Date.UTC(2026, 0, 2, 3, 4, 5))
  expect([error.code, error.retryable, error.message]).toEqual([
    'rate-limited',
    true,
    'too many\nIt asks to wait 60 minutes, until 2026-01-02T04:04:05Z; the run pauses instead. Resume it then.',
  ])
})
