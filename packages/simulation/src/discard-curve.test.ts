import { expect, it } from 'vitest'
import { createWorld } from './create-world.ts'
import { discardRate, discardTarget, rawInstructions, take, takeDistinct } from './discard-curve.ts'

it('takes different texts in order and says how many it read', () => {
  expect(takeDistinct(['a', 'b', 'a', 'c', 'd'], 3)).toEqual({ texts: ['a', 'b', 'c'], read: 4 })
  expect(take(['a', 'b', 'c'], 2)).toEqual(['a', 'b'])
})

it('rejects what exceeds the threshold against what was kept', () => {
  // F of neighbours is 3/4; 'a b y z' is half like the first and was kept, so 'a b y q' is too like it.
  const texts = ['a b c d', 'a b c e', 'a b y z', 'a b y q']
  expect(discardRate(texts, 0.7)).toBe(50)
  expect(discardRate(texts, 0.75)).toBe(0)
  expect(discardRate(['a b c d'], 0.7, ['a b c e'])).toBe(100)
})

// A small pool rejects less than the full one (discard-curve.full.test.ts): the band is wider and sits lower.
it('has the shape of a real stream after 1,500 instructions', { timeout: 30_000 }, () => {
  const { texts } = takeDistinct(rawInstructions(createWorld(), 1), 1500)
  const rates = discardTarget.map(({ threshold }) => discardRate(texts, threshold))
  expect(rates).toEqual(rates.toSorted((a, b) => b - a))
  for (const [i, { threshold, percent }] of discardTarget.entries()) {
    expect(rates[i], `at ${threshold}`).toBeLessThan(percent + 4)
    expect(rates[i], `at ${threshold}`).toBeGreaterThan(percent - 25)
  }
})
