import { createRng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { expectClose, reference } from '../fixtures/statistics-reference.ts'
import { bcaLevels, bootstrapInterval, levelsOf, pairedBootstrap, quantileOfSorted } from './paired-bootstrap.ts'

const { first, second, skewed, longer } = reference

describe('pairedBootstrap', () => {
  const distribution = Float64Array.from(reference.bootstrap.percentile.distribution)
  const sorted = distribution.toSorted()

  it('reads the ends of scipy’s own resampled means where scipy does', () => {
    const plain = levelsOf(0.95)
    expectClose(quantileOfSorted(sorted, plain.low), reference.bootstrap.percentile.low, 'percentile, low')
    expectClose(quantileOfSorted(sorted, plain.high), reference.bootstrap.percentile.high, 'percentile, high')
    const corrected = bcaLevels(distribution, skewed, 0.95)
    expectClose(quantileOfSorted(sorted, corrected.low), reference.bootstrap.bca.low, 'BCa, low')
    expectClose(quantileOfSorted(sorted, corrected.high), reference.bootstrap.bca.high, 'BCa, high')
  })

  it('draws pairs, with its own random numbers, to the same place', () => {
    const own = bootstrapInterval(skewed, { rng: createRng(3), resamples: 20_000 })
    expect(own.low).toBeCloseTo(reference.bootstrap.bca.low, 1)
    expect(Math.abs(own.high - reference.bootstrap.bca.high)).toBeLessThan(0.25)
    const paired = pairedBootstrap(first, second, { rng: createRng(3) })
    expect(paired).toEqual(
      bootstrapInterval(
        first.map((value, i) => value - second[i]!),
        { rng: createRng(3) },
      ),
    )
    expect(paired.low).toBeGreaterThan(0)
  })

  it('is the same for the same seed, and a point for equal values', () => {
    expect(bootstrapInterval(longer, { rng: createRng(5) })).toEqual(bootstrapInterval(longer, { rng: createRng(5) }))
    expect(bootstrapInterval([2, 2, 2], { rng: createRng(5) })).toMatchObject({ mean: 2, low: 2, high: 2 })
    expect(() => bootstrapInterval([1, Infinity], { rng: createRng(5) })).toThrow('got Infinity at position 1')
  })
})
