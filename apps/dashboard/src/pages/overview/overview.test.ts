import { describe, expect, it } from 'vitest'
import type { RunOverview, Stopped } from '../../api/runs.ts'
import { againstShadow, progressOf } from './figures.ts'
import { saidOf } from './said.ts'

describe('progress', () => {
  const overview = (change: object): RunOverview => ({ target: {}, calls: 50, kept: 30, costUsd: 2, ...change }) as RunOverview
  it.each([
    [{ target: { calls: 200 } }, { share: 0.25, words: '50 of 200 answers' }],
    [{ target: { calls: 200, kept: 40 } }, { share: 0.75, words: '30 of 40 kept instructions' }],
    [{ target: { costUsd: 4, calls: 1000 } }, { share: 0.5, words: '$2.00 of $4.00' }],
    [
      { target: { costUsd: 4, calls: 1000 }, costUsd: null },
      { share: 0.05, words: '50 of 1,000 answers' },
    ],
    [{ target: { kept: 20 } }, { share: 1, words: '30 of 20 kept instructions' }],
    [{}, undefined],
  ])('%j', (change, expected) => {
    expect(progressOf(overview(change))).toEqual(expected)
  })
})

describe('the shadow baseline', () => {
  const shadow = { threshold: 0.7, kept: 1848, keptThen: 3192, asOfRaw: 4757, sameFilter: false, costPerKeptUsd: 0.0004 }
  it.each([
    [0.0003, {}, 'the run pays 25.0 % less (1,848 of 4,757 kept at 0.7; the run keeps 3,192)'],
    [0.0005, {}, 'the run pays 25.0 % more (1,848 of 4,757 kept at 0.7; the run keeps 3,192)'],
    [0.0004, {}, 'the run pays as much (1,848 of 4,757 kept at 0.7; the run keeps 3,192)'],
    [null, {}, '1,848 of 4,757 kept at 0.7; the run keeps 3,192'],
    [0.0004, { sameFilter: true }, 'the run’s own filter is the baseline’s'],
  ])('for %j and %j', (own, change, words) => {
    expect(againstShadow(own, { ...shadow, ...change })).toBe(words)
  })
})

describe('what is said of a run', () => {
  const stopped = (change: Partial<Stopped>): Stopped => ({ action: 'pause', requested: true, confirmed: false, state: 'running', reason: '', ...change })
  it('while it has not confirmed a stop, that it was asked', () => {
    expect(saidOf('running', '', stopped({}))).toMatch(/^Asked to pause\. What is in flight is finished/)
    expect(saidOf('running', '', stopped({ requested: false, reason: 'nobody writes it' }))).toBe('It was not asked to pause: nobody writes it')
  })
  it('then its state, whoever brought it there', () => {
    expect(saidOf('running', '', undefined)).toBe('')
    expect(saidOf('cancelled', 'cancelled by a request', stopped({}))).toBe(
      'Cancelled: cancelled by a request. What it recorded stays; it cannot be continued.',
    )
    expect(saidOf('paused', 'budget.', stopped({ confirmed: true }))).toBe('Paused: budget. Nothing is bought until it is resumed.')
  })
})
