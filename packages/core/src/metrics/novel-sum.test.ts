import { describe, expect, it } from 'vitest'
import { reference, referenceRows } from '../fixtures/metrics-reference.ts'
import { localDensities, novelSum } from './novel-sum.ts'

describe('novelSum', () => {
  // The reference needs a GPU (faiss): its formulas over again in numpy 2.4.6, `novel_sum` of fixtures/metrics.py.
  it.each([
    ['its own rows, 10 neighbours', referenceRows, referenceRows, 10, reference.novelSum.own],
    ['its own rows, 3 neighbours', referenceRows, referenceRows, 3, reference.novelSum.three],
    ['another reference set', referenceRows.slice(0, 5), referenceRows.slice(5), 3, reference.novelSum.other],
  ])('equals its definition over %s', (_, rows, known, neighbours, expected) => {
    expect(novelSum(rows, localDensities(rows, known, { neighbours }))).toBeCloseTo(expected, 12)
  })

  it('is 0 for copies, does not depend on order, and grows when a far row replaces a copy', () => {
    const near = [Float32Array.of(1, 0), Float32Array.of(1, 0), Float32Array.of(0.9, 0.1)]
    const far = [...near.slice(1), Float32Array.of(0, 1)]
    const score = (rows: readonly Float32Array[]): number => novelSum(rows, new Float64Array(rows.length).fill(1))
    expect(score([near[0]!, near[1]!])).toBe(0)
    expect(score(near.toReversed())).toBeCloseTo(score(near), 14)
    expect(score(far)).toBeGreaterThan(score(near))
    expect(score([])).toBeNaN()
  })

  it('refuses a wrong number of densities', () => {
    expect(() => novelSum(referenceRows, [1])).toThrow(/expected 10 densities, got 1/)
    expect(() => localDensities(referenceRows, referenceRows, { neighbours: 0 })).toThrow(RangeError)
  })

  it('density: duplicates in the reference count once; NaN without a neighbour', () => {
    const [a, b] = [Float32Array.of(0, 0), Float32Array.of(3, 4)]
    expect([...localDensities([a], [a, a, b])]).toEqual([expect.closeTo(1 / 5, 10)])
    expect([...localDensities([a], [a, a])]).toEqual([Number.NaN])
  })
})
