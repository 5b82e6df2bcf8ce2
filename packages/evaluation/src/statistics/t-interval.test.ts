import { describe, expect, it } from 'vitest'
import { differences, expectFields, reference } from '../fixtures/statistics-reference.ts'
import { meanDifference } from './mean-difference.ts'
import { pairedTInterval, tInterval } from './t-interval.ts'

const { first, second, few } = reference

describe('t intervals', () => {
  it('as ttest_1samp, ttest_rel and ttest_ind(equal_var=False) have them', () => {
    expectFields(tInterval(differences), reference.tInterval.differences)
    expectFields(tInterval(few), reference.tInterval.few)
    expectFields(tInterval(few, { confidence: 0.9 }), reference.tInterval.few90)
    expectFields(pairedTInterval(first, second), reference.paired)
    const { df, ...arms } = reference.welch.arms
    expectFields(meanDifference(first, second), { ...arms, degrees: df })
    const { df: unequal, ...rest } = reference.welch.unequal
    expectFields(meanDifference(first, few), { ...rest, degrees: unequal })
  })

  it('one value has no interval, equal values have only themselves', () => {
    expect(tInterval([3])).toEqual({ n: 1, mean: 3, sd: Number.NaN, low: -Infinity, high: Infinity, p: 1 })
    expect(tInterval([3, 3, 3])).toMatchObject({ low: 3, high: 3, p: 0 })
    expect(tInterval([0, 0])).toMatchObject({ low: 0, high: 0, p: 1 })
    expect(meanDifference([1], [2, 3])).toMatchObject({ mean: -1.5, low: -Infinity, high: Infinity, p: 1 })
  })

  it('nothing that is not a number averages away', () => {
    expect(() => tInterval([1, Number.NaN, 3])).toThrow('expected finite numbers, got NaN at position 1')
    expect(() => pairedTInterval([1, 2], [1])).toThrow('expected pairs, got 2 and 1 values')
    expect(() => tInterval([])).toThrow(RangeError)
    expect(() => tInterval([1, 2], { confidence: 95 })).toThrow('expected a confidence between 0 and 1, got 95')
  })
})
