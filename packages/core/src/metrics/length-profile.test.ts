import { expect, it } from 'vitest'
import { reference, referenceTokens } from '../fixtures/metrics-reference.ts'
import { lengthProfile } from './length-profile.ts'

// numpy 2.4.6: numpy.mean(lengths), numpy.quantile(lengths, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]); Python 3: statistics.stdev(lengths)
it('equals numpy and statistics', () => {
  const { mean, sd, min, p5, median, p95, max } = lengthProfile(referenceTokens.map(({ length }) => length))
  const [first, five, , half, , ninetyFive, last] = reference.lengths.quantiles
  expect([mean, min, median, max]).toEqual([reference.lengths.mean, first, half, last])
  expect(sd).toBeCloseTo(reference.lengths.sd, 13)
  expect([p5, p95]).toEqual([expect.closeTo(five!, 13), expect.closeTo(ninetyFive!, 13)])
})

it('of one length is that length; of none NaN', () => {
  expect(lengthProfile([7])).toEqual({ mean: 7, sd: 0, min: 7, p5: 7, median: 7, p95: 7, max: 7 })
  expect(Object.values(lengthProfile([]))).toEqual(new Array(7).fill(Number.NaN))
})
