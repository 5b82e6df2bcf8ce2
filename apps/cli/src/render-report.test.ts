import { describe, expect, it } from 'vitest'
import { baselineLines, checkLines, scoreLines } from './render-report.ts'

it('says what each check found, and nothing when none did', () => {
  expect(checkLines({ checks: {} })).toEqual([])
  const checks = { pii: { dropped: 1203, flagged: 0 }, refusal: { dropped: 0, flagged: 2 }, garbled: { dropped: 1, flagged: 1 } }
  expect(checkLines({ checks })).toEqual(['  checks        pii 1,203 rejected, refusal 2 flagged, garbled 1 rejected, garbled 1 flagged'])
})

it('says what each evaluator found in a line of its own: shares in per cent, other scores as they are', () => {
  const score = (evaluator: string, round: number, mean: number, interval: { low: number; high: number } | null = null) => ({
    ...{ evaluator, round, mean, interval, items: 80, byGroup: {} },
  })
  const accuracy = [score('exact-match', 0, 0.125, { low: 0.0695, high: 0.2148 }), score('exact-match', 1, 0.3, { low: 0.2107, high: 0.4079 })]
  const line = '  exact-match   base 12.5 % [7.0, 21.5] → 30.0 % [21.1, 40.8]'
  expect(scoreLines({ evaluations: [] })).toEqual([])
  expect(scoreLines({ evaluations: accuracy })).toEqual([line])
  const perplexity = [score('perplexity', 0, 45.2), score('perplexity', 1, 12.5)]
  expect(scoreLines({ evaluations: [accuracy[0]!, perplexity[0]!, accuracy[1]!, perplexity[1]!] })).toEqual([line, '  perplexity    base 45.2000 → 12.5000'])
})

describe('the shadow baseline', () => {
  const run = { kept: 3104, raw: 4763, costPerKeptUsd: 0.000181 }
  const shadow = { threshold: 0.7, raw: 4763, kept: 1827, rejectedShare: 0.6164, costPerKeptUsd: 0.000308, sameFilter: false }

  it('stands beside the run, and says what it is', () => {
    expect(baselineLines(run, shadow)).toEqual([
      '  baseline      Self-Instruct’s filter (0.7): 1,827 kept, 61.6 % rejected, $0.000308 per kept',
      '                this run:                     3,104 kept, 34.8 % rejected, $0.000181 per kept (−41.2 %)',
      '                a replay of the same answers, not another run: it says nothing about accuracy',
    ])
  })

  it('without prices has no dollars; a run with that very filter is said to be one', () => {
    expect(baselineLines({ ...run, costPerKeptUsd: null }, { ...shadow, costPerKeptUsd: null }).join('\n')).not.toMatch(/\$|−/)
    expect(baselineLines(run, { ...shadow, sameFilter: true })).toEqual(['  baseline      the run’s filter is Self-Instruct’s (0.7)'])
  })
})
