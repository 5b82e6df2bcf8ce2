import type { RunConfig } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { compareReplicates, pairsOf, type Replicate } from './compare-replicates.ts'
import { compareScores, type ModelScores } from './compare-scores.ts'
import type { ComparedRun } from './comparison.ts'
import { quoteOf } from './comparison-sentences.ts'

const items = 200
const groups = new Map(Array.from({ length: items }, (_, i) => [`item-${i}`, i < 100 ? 'sums' : 'names']))

/** Right on the first `right` items of each ten. */
const model = (label: string, right: number, change: (scores: Map<string, number>) => void = () => {}): ModelScores => {
  const scores = new Map([...groups.keys()].map((id, i) => [id, i % 10 < right ? 1 : 0]))
  change(scores)
  return { label, round: 4, scores }
}

describe('compareScores', () => {
  it('a clear difference is told apart, in the right direction', () => {
    const { differences, means } = compareScores('exact-match', [model('A', 3), model('B', 5)], groups)
    expect(means.map(({ mean }) => mean)).toEqual([0.3, 0.5])
    expect(differences[0]).toMatchObject({ difference: expect.closeTo(0.2, 12), higher: 'B', mcNemar: { onlyFirst: 40, onlySecond: 0 } })
    expect(differences[0]!.interval.low).toBeGreaterThan(0.1)
    expect(differences[0]!.byGroup.map(({ group, items: n, difference }) => [group, n, difference])).toEqual([
      ['sums', 100, 0.2],
      ['names', 100, 0.2],
    ])
    expect(compareScores('exact-match', [model('A', 5), model('B', 3)], groups).differences[0]!.higher).toBe('A')
  })

  it('equal models are not, and kinds of task that agree have an interval with a width', () => {
    const [difference] = compareScores('exact-match', [model('A', 3), model('B', 3)], groups).differences
    expect(difference).toMatchObject({ difference: 0, p: 1, higher: null })
    expect(difference!.byGroup[0]!.high).toBeGreaterThan(0)
  })

  it('an item without a score is left out of all models and named, not counted as 0', () => {
    const { items: n, unscored, means } = compareScores('exact-match', [model('A', 10), model('B', 10, (scores) => void scores.delete('item-7'))], groups)
    expect([n, unscored]).toEqual([199, [{ label: 'B', itemIds: ['item-7'] }]])
    expect(means.map(({ mean }) => mean)).toEqual([1, 1])
  })

  it('Holm: what one comparison shows, one of many has to show more clearly', () => {
    // 10 against 2 items: exact p 0.039 alone.
    const make = (label: string): ModelScores =>
      model(label, 3, (scores) => {
        for (let i = 0; i < 10; i++) scores.set(`item-${i * 10 + 5}`, 1)
        for (const id of ['item-0', 'item-10']) scores.set(id, 0)
      })
    const alone = compareScores('exact-match', [model('A', 3), make('B')], groups).differences[0]!
    expect([alone.p.toFixed(4), alone.adjustedP, alone.higher]).toEqual(['0.0386', alone.p, 'B'])
    const ofTwo = compareScores('exact-match', [model('A', 3), make('B'), make('C')], groups).differences
    expect(ofTwo.map(({ adjustedP, higher }) => [adjustedP, higher])).toEqual([
      [2 * alone.p, null],
      [2 * alone.p, null],
    ])
  })

  it('scores between 0 and 1 are tested by sign flips', () => {
    const graded = (label: string, add: number): ModelScores =>
      model(label, 3, (scores) => {
        for (const [id, value] of scores) scores.set(id, value * 0.5 + add)
      })
    expect(compareScores('unknown-evaluator', [graded('A', 0.1), graded('B', 0.2)], groups).differences[0]).toMatchObject({
      mcNemar: null,
      p: 1 / 20_001,
      higher: 'B',
    })
  })
})

const runOf = (label: string, recipe: string, randomSeed: number): ComparedRun & Replicate => {
  const report = { kept: 60, raw: 100, calls: 5, costUsd: recipe === 'sedi' ? 0.3 : 0.6, costPerKeptUsd: recipe === 'sedi' ? 0.005 : 0.01, state: 'done' }
  return {
    label,
    recipe,
    name: `${label} ${recipe}`,
    randomSeed,
    report: report as ComparedRun['report'],
    keptShare: { share: 0.6, low: 0.5, high: 0.7 },
    spending: [],
    config: { recipe, randomSeed, evaluation: {} } as unknown as RunConfig,
  }
}

describe('the quote', () => {
  const runs = [runOf('A', 'alpaca', 1), runOf('B', 'sedi', 1)]
  const quote = (a: number, b: number): string => {
    const scores = compareScores('exact-match', [model('A', a), model('B', b)], groups)
    return quoteOf({ runs, heldOut: { items, groups: 2 }, evaluations: [{ ...scores, replicates: null }], unfinished: false })
  }

  it('falls whichever way the figures fall', () => {
    expect(quote(3, 5)).toContain(
      'B − A = +20.0 points, 95 % interval [+15.0, +26.0] over items (40 right in B only, 0 in A only; exact McNemar p < 0.0001). On items like these model B is the better of the two.',
    )
    expect(quote(5, 3)).toContain('B − A = −20.0 points')
    expect(quote(5, 3)).toContain('model A is the better of the two')
    const close = compareScores('exact-match', [model('A', 3), model('B', 3, (scores) => void scores.set('item-5', 1))], groups)
    expect(quoteOf({ runs, heldOut: null, evaluations: [{ ...close, replicates: null }], unfinished: false })).toContain(
      'The two models cannot be told apart by these items; a difference of up to 2.7 points is not excluded.',
    )
    expect(quote(3, 3)).toContain('The two models score alike on every item.')
  })

  it('says what it cost and how far it reaches', () => {
    const text = quote(3, 5)
    expect(text).toContain(
      'A alpaca kept 60 of 100 written (60.0 %) with 5 calls for $0.6000; B sedi kept 60 of 100 written (60.0 %) with 5 calls for $0.3000.',
    )
    expect(text).toContain('For each kept instruction B paid $0.005000, 50.0 % less than A ($0.010000).')
    expect(text).toMatch(/cannot say which method is better beyond these two runs\. That takes replicates, at least ten pairs with different random seeds\.$/)
  })
})

describe('replicates', () => {
  const runs = [runOf('A', 'alpaca', 1), runOf('B', 'alpaca', 2), runOf('C', 'alpaca', 3), runOf('D', 'sedi', 3), runOf('E', 'sedi', 1), runOf('F', 'sedi', 2)]
  const models = ([...'ABCDEF'] as const).map((label, i) => model(label, i < 3 ? 3 : 4 + (i % 2)))

  it('pairs the two arms by random seed', () => {
    expect(pairsOf(runs)?.map(([a, b]) => a.label + b.label)).toEqual(['AE', 'BF', 'CD'])
    expect(pairsOf(runs.slice(0, 3))).toBeNull()
    expect(pairsOf([runs[0]!, runs[4]!])).toBeNull()
    expect(pairsOf([runs[0]!, runOf('G', 'alpaca', 1), runs[4]!, runOf('H', 'sedi', 1)])).toBeNull()
  })

  it('say what one pair cannot: the spread of training again', () => {
    const replicates = compareReplicates(pairsOf(runs)!, models, [...groups.keys()])!
    expect(replicates.differences.map((d) => d.toFixed(2))).toEqual(['0.10', '0.20', '0.20'])
    expect(replicates).toMatchObject({ from: ['A', 'B', 'C'], to: ['E', 'F', 'D'], mean: expect.closeTo(0.5 / 3, 12), p: 0.25 })
    const evaluation = { ...compareScores('exact-match', models, groups), replicates }
    const quote = quoteOf({ runs, heldOut: { items, groups: 2 }, evaluations: [evaluation], unfinished: false })
    expect(quote).toContain('Over 3 pairs of runs with equal random seeds')
    expect(quote).toContain('sedi − alpaca = +16.7 points, 95 % t interval [+2.3, +31.0] over pairs (sign-flip p = 0.250;')
    expect(quote).toContain('No difference is shown')
    expect(quote).toContain('These are 3 pairs; ten are the least for a claim about the method.')
    expect(quote).not.toContain('Each is one run')
  })
})
