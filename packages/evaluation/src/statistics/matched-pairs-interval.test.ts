import { expect, it } from 'vitest'
import { matchedPairsInterval } from './matched-pairs-interval.ts'

it('is Wald’s with half an item more in each cell', () => {
  // 12 and 5 of 40 by hand: c = (12.5 − 5.5)/42, reach = 1.959964·√(18 − 49/42)/42.
  const { difference, low, high } = matchedPairsInterval(12, 5, 40)
  expect(difference).toBe(7 / 40)
  expect([low, high]).toEqual([expect.closeTo(7 / 42 - 0.191461, 5), expect.closeTo(7 / 42 + 0.191461, 5)])
})

it('has a width without any disagreement, stays within ±1, and turns over with its arms', () => {
  expect(matchedPairsInterval(0, 0, 8)).toEqual({ difference: 0, low: expect.closeTo(-0.195996, 5), high: expect.closeTo(0.195996, 5) })
  expect(matchedPairsInterval(1, 0, 1).high).toBeLessThanOrEqual(1)
  const [one, other] = [matchedPairsInterval(3, 1, 9), matchedPairsInterval(1, 3, 9)]
  expect([one.low, one.high]).toEqual([expect.closeTo(-other.high, 14), expect.closeTo(-other.low, 14)])
  expect(() => matchedPairsInterval(5, 5, 9)).toThrow('5 and 5 of 9')
})
