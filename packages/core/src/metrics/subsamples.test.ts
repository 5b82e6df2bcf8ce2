import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { drawSubsamples, meanAndSd } from './subsamples.ts'

describe('drawSubsamples', () => {
  const draw = (count: number, size: number, repetitions: number, seed = 1): number[][] =>
    drawSubsamples(count, { size, repetitions, rng: createRng(seed) }).map((sample) => [...sample])

  it('draws without replacement, in order, the same for the same seed', () => {
    const samples = draw(50, 20, 30)
    expect(samples).toHaveLength(30)
    for (const sample of samples) {
      expect(new Set(sample).size).toBe(20)
      expect(sample).toEqual(sample.toSorted((a, b) => a - b))
      expect(sample.every((item) => item >= 0 && item < 50)).toBe(true)
    }
    expect(draw(50, 20, 30)).toEqual(samples)
    expect(draw(50, 20, 30, 2)).not.toEqual(samples)
    expect(new Set(samples.map(String)).size).toBe(30)
  })

  it('is the whole when the size is the count', () => {
    expect(draw(4, 4, 2)).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ])
  })

  // 4,000 draws of 3 of 12: each item is expected 1,000 times, sd 27.4.
  it('is uniform over items', () => {
    const counts = new Array<number>(12).fill(0)
    for (const sample of draw(12, 3, 4000)) for (const item of sample) counts[item]!++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * 27.4)
  })

  it.each([
    [5, 6, 1],
    [5, 0, 1],
    [5, 2, 0],
    [0, 1, 1],
  ])('refuses %i items, size %i, %i repetitions', (count, size, repetitions) => {
    expect(() => draw(count, size, repetitions)).toThrow(RangeError)
  })
})

// Python 3: statistics.mean([2, 4, 4, 4, 5, 5, 7, 9]), statistics.stdev(…)
it('meanAndSd is the sample mean and standard deviation', () => {
  expect(meanAndSd([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, sd: expect.closeTo(2.138089935299395, 14) })
  expect(meanAndSd([3])).toEqual({ mean: 3, sd: 0 })
  expect(meanAndSd([])).toEqual({ mean: Number.NaN, sd: Number.NaN })
})
