import { expect, it } from 'vitest'
import { configOf } from '../fixtures/harness.ts'
import type { Run } from '../run-context.ts'
import { callsAhead } from './calls-ahead.ts'

function ahead(target: object, { kept = 0, seen = 0, spentUsd = 0, preferred = 1000 } = {}): number {
  const run = {
    config: configOf({ target, rounds: 2, limits: { concurrency: 16 } }),
    adapters: { generator: { preferredConcurrency: preferred } },
    pool: { examples: Array.from({ length: kept }) },
    filtered: new Set(Array.from({ length: seen }, (_, i) => i)),
    spentNanoUsd: spentUsd * 1e9,
  }
  return callsAhead(1, run as unknown as Run)
}

it('a provider without wishes gets limits.concurrency while the target is far, and then what is still needed', () => {
  expect(ahead({ kept: 10_000 }, { preferred: 0 })).toBe(16)
  expect(ahead({ kept: 10_000 }, { preferred: 8 })).toBe(16)
  // Half of 200 in the first of two rounds, 10 kept per call so far.
  expect(ahead({ kept: 200 }, { kept: 60, seen: 6, preferred: 0 })).toBe(4)
  expect(ahead({ kept: 200 }, { kept: 99, seen: 10, preferred: 0 })).toBe(1)
  expect(ahead({ kept: 200 }, { kept: 120, seen: 10, preferred: 0 })).toBe(1)
  // $0.10 a call so far, (1 - 0.8) / 0.1 left for the round.
  expect(ahead({ costUsd: 2 }, { seen: 8, spentUsd: 0.8, preferred: 0 })).toBe(2)
})

it('one that wants a thousand gets no more than the target is likely to need', () => {
  // Half of 8,000 in the first of two rounds; 20 tasks a call at best.
  expect(ahead({ kept: 8000 })).toBe(200)
  // 5 kept per call so far: (4000 - 1000) / 5.
  expect(ahead({ kept: 8000 }, { kept: 1000, seen: 200 })).toBe(600)
  expect(ahead({ kept: 80_000 }, { kept: 1000, seen: 200 })).toBe(1000)
  expect(ahead({ kept: 200 }, { kept: 99, seen: 10 })).toBe(16)
})

it('nor more than the money is likely to buy', () => {
  expect(ahead({ costUsd: 8 })).toBe(1000)
  // $0.01 a call so far: (4 - 1) / 0.01.
  expect(ahead({ costUsd: 8 }, { seen: 100, spentUsd: 1 })).toBe(300)
  expect(ahead({ costUsd: 8, kept: 400 }, { kept: 100, seen: 100, spentUsd: 1 })).toBe(100)
})
