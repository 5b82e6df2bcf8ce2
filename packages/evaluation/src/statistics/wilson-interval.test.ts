import { describe, expect, it } from 'vitest'
import { wilsonInterval } from './wilson-interval.ts'

describe('wilsonInterval', () => {
  // statsmodels 0.15.0: proportion_confint(count, nobs, method="wilson")
  it.each([
    [0, 10, 0.0, 0.27753279986288926],
    [7, 20, 0.18119182410108203, 0.5671457233147638],
    [440, 440, 0.99134497522854, 1.0],
    [133, 440, 0.26122535071812003, 0.34674277271423015],
  ])('%i of %i as statsmodels has it', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials)
    expect(interval.low).toBeCloseTo(low, 15)
    expect(interval.high).toBeCloseTo(high, 15)
  })

  it('is symmetric: failures have the mirrored interval', () => {
    const [of, mirrored] = [wilsonInterval(7, 20), wilsonInterval(13, 20)]
    expect([1 - mirrored.high, 1 - mirrored.low]).toEqual([expect.closeTo(of.low, 14), expect.closeTo(of.high, 14)])
  })

  it('is the share itself at z = 0 and NaN without trials', () => {
    const { low, high } = wilsonInterval(1, 4, 0)
    expect([low, high]).toEqual([0.25, 0.25])
    expect(wilsonInterval(0, 0)).toEqual({ low: Number.NaN, high: Number.NaN })
  })

  it.each([
    [-1, 10],
    [11, 10],
    [Number.NaN, 10],
  ])('refuses %d of %d', (successes, trials) => {
    expect(() => wilsonInterval(successes, trials)).toThrow(RangeError)
  })
})
