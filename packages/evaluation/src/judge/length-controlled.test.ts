import { describe, expect, it } from 'vitest'
import reference from '../fixtures/alpaca-eval.json' with { type: 'json' }
import type { Judgement } from './judgement.ts'
import { type JudgedItem, type LengthControlled, lengthControlledWinRate } from './length-controlled.ts'
import { winRateOf } from './win-rate.ts'

// Reference: fixtures/alpaca-eval.py, which calls alpaca_eval 0.6.6 itself on tables of our own.
const cases = reference.cases.map(({ items, gamed, ...rest }) => ({
  ...rest,
  items: items.map(({ lengths, ...item }, i): JudgedItem => ({ ...item, id: `q${i}`, lengths: [lengths[0]!, lengths[1]!] })),
  gamed: gamed.map(([preference, stdLengthDifference, difficulty]) => ({
    preference: preference!,
    stdLengthDifference: stdLengthDifference!,
    difficulty: difficulty!,
  })),
}))
const withoutDifficulty = ({ difficulty: _, ...item }: JudgedItem): JudgedItem => item
const fitted = (result: ReturnType<typeof lengthControlledWinRate>): LengthControlled => {
  if ('impossible' in result) throw new Error(result.impossible)
  return result
}

describe('length-controlled win rate', () => {
  it.each(cases.filter(({ name }) => name !== 'hopeless'))('equals alpaca_eval’s: $name ($form)', ({ form, items, gamed, expected }) => {
    const result = fitted(lengthControlledWinRate(form === 'length_controlled_minimal' ? items.map(withoutDifficulty) : items, gamed))
    expect(result.form).toBe(form)
    // In percentage points; liblinear stops at a tolerance of 1e-4.
    expect(Math.abs(100 * result.winRate - expected.length_controlled_winrate)).toBeLessThan(0.005)
    expect(Math.abs(100 * result.standardError - expected.lc_standard_error)).toBeLessThan(0.005)
  })

  it('says why it cannot be, where alpaca_eval gives 50 to a model that lost everywhere', () => {
    const { items, expected } = cases.find(({ name }) => name === 'hopeless')!
    expect([expected.win_rate, expected.length_controlled_winrate]).toEqual([0, 50])
    expect(lengthControlledWinRate(items.map(withoutDifficulty))).toEqual({ impossible: expect.stringContaining('same') })
  })

  const items = cases[0]!.items.map(withoutDifficulty)

  it('of a model and a baseline that change places, the two rates add up to one', () => {
    const turned = items.map(({ lengths: [student, baseline], preference, id }) => ({ id, preference: 1 - preference, lengths: [baseline, student] as const }))
    expect(fitted(lengthControlledWinRate(items)).winRate + fitted(lengthControlledWinRate(turned)).winRate).toBeCloseTo(1, 6)
  })

  it('is not fitted to too few items, equal lengths or half-known difficulties', () => {
    expect(lengthControlledWinRate(items.slice(0, 4))).toEqual({ impossible: expect.stringContaining('at least 5') })
    expect(lengthControlledWinRate(items.map((item) => ({ ...item, lengths: [10, 10] as const })))).toEqual({
      impossible: expect.stringContaining('same length'),
    })
    expect(lengthControlledWinRate(items.map((item, i) => (i === 0 ? item : { ...item, difficulty: 1 })))).toEqual({
      impossible: expect.stringContaining('difficulty'),
    })
  })
})

describe('win rate', () => {
  const judged = (shownFirst: Judgement['shownFirst'], shownSecond: Judgement['shownSecond'], i: number): Judgement => ({
    id: `q${i}`,
    shownFirst,
    shownSecond,
    lengths: [3, 5],
  })

  it('counts wins, ties and who looks at the order', () => {
    const rate = winRateOf([
      judged('first', 'second', 0),
      judged('second', 'first', 1),
      judged('first', 'first', 2),
      judged('equal', 'equal', 3),
      judged('equal', 'second', 4),
    ])
    expect(rate).toMatchObject({ items: 5, wins: 1, losses: 1, ties: 3, winRate: 0.5, consistency: 3 / 5, firstSlotRate: 4 / 7, meanLengths: [3, 5] })
  })

  it.each(cases)('and its standard error equal alpaca_eval’s: $name', ({ items: rows, expected }) => {
    if (!rows.every(({ preference }) => [0, 0.5, 1].includes(preference))) return
    const verdicts = { 1: ['first', 'second'], 0.5: ['first', 'first'], 0: ['second', 'first'] } as const
    const rate = winRateOf(rows.map(({ preference }, i) => judged(...verdicts[preference as 1], i)))
    expect([rate.wins, rate.losses, rate.ties, rate.items]).toEqual([expected.n_wins, expected.n_wins_base, expected.n_draws, expected.n_total])
    expect(100 * rate.winRate).toBeCloseTo(expected.win_rate, 10)
    expect(100 * rate.standardError).toBeCloseTo(expected.standard_error, 10)
  })

  it('has no rate of nothing', () => expect(() => winRateOf([])).toThrow(RangeError))
})
