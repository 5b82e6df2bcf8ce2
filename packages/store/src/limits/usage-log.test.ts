import { describe, expect, it } from 'vitest'
import { createUsageLog } from './usage-log.ts'

const own = (at: number, tokens: number) => ({ at, requests: 1, tokens, foreign: false })

describe('createUsageLog', () => {
  it('adds up ours and everybody’s, whatever leaves, is corrected, or is entered into the past', () => {
    const log = createUsageLog()
    const first = own(0, 10)
    const last = own(20, 5)
    for (const use of [first, own(10, 20), last]) log.enter(use)
    log.enter({ at: 5, requests: 7, tokens: 0, foreign: true })
    expect([log.used('requests', 'own'), log.used('requests', 'all'), log.used('tokens', 'all')]).toEqual([3, 10, 35])
    log.correct(last, 50)
    log.forget(5)
    log.correct(first, 1000)
    expect([log.used('requests', 'own'), log.used('requests', 'all'), log.used('tokens', 'own')]).toEqual([2, 2, 70])
  })

  it('waits until enough of the oldest have left', () => {
    const log = createUsageLog()
    for (const at of [0, 10, 20]) log.enter(own(at, 10))
    log.enter({ at: 12, requests: 1, tokens: 0, foreign: true })
    // The window is 100 long and it is 50 now: it began at −50.
    expect(log.wait('requests', 'own', 1, 4, -50)).toBe(0)
    expect(log.wait('requests', 'own', 1, 3, -50)).toBe(50)
    expect(log.wait('requests', 'all', 1, 2, -50)).toBe(62)
    expect(log.wait('tokens', 'own', 15, 30, -50)).toBe(60)
    expect(log.wait('tokens', 'own', 500, 30, -50)).toBe(70)
  })

  it('stays the same over many thousands', () => {
    const log = createUsageLog()
    for (let at = 1; at <= 10_000; at++) {
      log.enter(own(at, 1))
      log.forget(at - 100)
    }
    expect([log.used('requests', 'own'), log.used('tokens', 'all'), log.wait('requests', 'own', 1, 100, 9900)]).toEqual([100, 100, 1])
  })
})
