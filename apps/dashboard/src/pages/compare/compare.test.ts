import { expect, it } from 'vitest'
import type { Comparison } from '../../api/compare.ts'
import { changedIn, differenceRows, diversityRows, sayConfigured, sayDifference, sayInterval, sidesOf, verdictOf } from './compare.ts'

const evaluation = (change: object = {}): Comparison['evaluations'][number] => ({
  evaluator: 'exact-match',
  isShare: true,
  higherIsBetter: true,
  items: 432,
  unscored: [],
  means: [
    { label: 'A', round: 7, mean: 0.25 },
    { label: 'A', round: 8, mean: 0.294 },
    { label: 'B', round: 8, mean: 0.303 },
  ],
  differences: [
    {
      from: 'A',
      to: 'B',
      difference: 0.00926,
      interval: { low: -0.0324, high: 0.0532 },
      mcNemar: null,
      p: 0.75,
      adjustedP: 0.752,
      higher: null,
      byGroup: [
        { group: 'plural', items: 8, difference: -0.125, low: -0.3, high: 0.1 },
        { group: 'rhyme', items: 8, difference: 0.25, low: 0, high: 0.5 },
      ],
    },
  ],
  replicates: null,
  ...change,
})

it('says that two cannot be told apart, unless their interval leaves out 0', () => {
  expect(verdictOf(evaluation())).toBe('B − A: +0.9 points, 95 % interval [−3.2, +5.3], p = 0.75: the two cannot be told apart by these items.')
  const [difference] = evaluation().differences
  expect(verdictOf(evaluation({ differences: [{ ...difference, higher: 'B', adjustedP: 0.00001 }] }))).toMatch(/p = under 0\.0001: B scores higher\.$/)
})

it('differences of shares are in points, others as they are', () => {
  expect([sayDifference({ isShare: true }, -0.125), sayDifference({ isShare: false }, 0.01234)]).toEqual(['−12.5 points', '+0.0123'])
  expect(sayInterval({ isShare: false }, { low: -0.5, high: 2 })).toBe('[−0.5, +2]')
})

it('rows: over all items first, then the groups from most gained to most lost', () => {
  expect(differenceRows(evaluation()).map(({ name, difference }) => [name, difference])).toEqual([
    ['all', 0.00926],
    ['rhyme', 0.25],
    ['plural', -0.125],
  ])
  expect(differenceRows(evaluation({ differences: [] }))).toEqual([])
})

it('sides: each figure for both, the score of the last round, nothing where there is none', () => {
  const report = { recipe: 'sedi', state: 'done', calls: 240, raw: 4757, kept: 0, costUsd: null, costPerKeptUsd: null, steps: 320, epochs: 3.25 }
  const side = (label: string) => ({ label, name: label, randomSeed: 1, report, keptShare: null, spending: [] })
  const rows = new Map(
    sidesOf({ runs: [side('A'), side('C')], evaluations: [evaluation()] } as unknown as Comparison).map(([name, ...values]) => [name, values]),
  )
  expect(rows.get('exact-match, last round')).toEqual(['29.4 % (round 8)', '–'])
  expect(rows.get('Cost')).toEqual(['unknown', 'unknown'])
  expect(rows.get('Dollars per kept')).toEqual(['–', '–'])
  expect(rows.get('Kept, of those written')).toEqual(['–', '–'])
})

it('configured values and measures in few words', () => {
  expect([sayConfigured(undefined), sayConfigured('random'), sayConfigured({ a: 1 }), changedIn('x'.repeat(100)).length]).toEqual([
    '–',
    'random',
    '{"a":1}',
    80,
  ])
  const dataset = (mean: number) => ({ name: 'A', rows: 9, metrics: { vendi: { mean, sd: 1.396 } } })
  expect(diversityRows([dataset(95.384), { name: 'B', rows: 9, metrics: {} }])).toEqual([['vendi', '95.4 ± 1.4', '–']])
  expect(diversityRows([])).toEqual([])
})
