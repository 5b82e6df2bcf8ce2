import { describe, expect, it } from 'vitest'
import { reference, referenceRows } from '../fixtures/metrics-reference.ts'
import { createRng } from '../rng.ts'
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'
import { vendiScore, vendiScoreOfRows } from './vendi-score.ts'

describe('vendiScore', () => {
  // vendi-score 0.0.3: vendi.score_K([[1, 0.5, 0.125], [0.5, 1, 0], [0.125, 0, 1]])
  it('equals vendi.score_K', () => {
    expect(vendiScore([1, 0.5, 0.125, 0.5, 1, 0, 0.125, 0, 1], 3)).toBeCloseTo(reference.vendi.score_K, 12)
  })

  // vendi-score 0.0.3: vendi.score_X(rows), vendi.score_dual(rows); ten rows of four numbers, one of them zero, two equal
  it('of rows equals vendi.score_X and vendi.score_dual', () => {
    expect(vendiScoreOfRows(referenceRows)).toBeCloseTo(reference.vendi.score_X, 12)
    expect(vendiScoreOfRows(referenceRows)).toBeCloseTo(reference.vendi.score_dual, 12)
  })

  it('of rows is the same from either side, more rows than dimensions or fewer', () => {
    const padded = referenceRows.map((row) => Float32Array.from({ length: 16 }, (_, d) => row[d] ?? 0))
    expect(vendiScoreOfRows(padded)).toBeCloseTo(vendiScoreOfRows(referenceRows), 12)
  })

  it('counts: 1 for copies, N for rows that share nothing, NaN for none', () => {
    const unit = (d: number): Float32Array => Float32Array.from({ length: 8 }, (_, i) => (i === d ? 2 : 0))
    expect(vendiScoreOfRows([unit(1), unit(1), unit(1)])).toBeCloseTo(1, 12)
    expect(vendiScoreOfRows([0, 1, 2, 3, 4].map(unit))).toBeCloseTo(5, 12)
    expect(vendiScoreOfRows([0, 0, 1, 1].map(unit))).toBeCloseTo(2, 12)
    expect([vendiScore([], 0), vendiScoreOfRows([])]).toEqual([Number.NaN, Number.NaN])
  })

  it('refuses rows of different lengths', () => {
    expect(() => vendiScoreOfRows([new Float32Array(2), new Float32Array(3)])).toThrow(/row 1 has 3/)
  })
})

describe('symmetricEigenvalues', () => {
  // numpy 2.4.6: numpy.linalg.eigvalsh(rows.T @ rows)
  it('equals numpy.linalg.eigvalsh', () => {
    const gram = Array.from({ length: 16 }, (_, at) => referenceRows.reduce((sum, row) => sum + row[Math.floor(at / 4)]! * row[at % 4]!, 0))
    symmetricEigenvalues(gram, 4).forEach((value, i) => {
      expect(value).toBeCloseTo(reference.eigvalsh[i]!, 13)
    })
  })

  it.each([1, 2, 3, 10, 60])('of a random %i × %i matrix has its trace and the trace of its square', (size) => {
    const rng = createRng(1, size)
    const matrix = new Float64Array(size * size)
    for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) matrix[i * size + j] = matrix[j * size + i] = rng.next() * 2 - 1
    const values = [...symmetricEigenvalues(matrix, size)]
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
      Array.from({ length: size }, (_, i) => matrix[i * size + i]!).reduce((sum, value) => sum + value, 0),
      11,
    )
    expect(values.reduce((sum, value) => sum + value ** 2, 0)).toBeCloseTo(
      matrix.reduce((sum, value) => sum + value * value, 0),
      10,
    )
    expect(values).toEqual(values.toSorted((a, b) => a - b))
  })

  it('of the second-difference matrix are the known cosines', () => {
    const size = 50
    const matrix = Array.from({ length: size * size }, (_, at) => [2, -1][Math.abs(Math.floor(at / size) - (at % size))] ?? 0)
    symmetricEigenvalues(matrix, size).forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (size + 1)), 12)
    })
  })

  it('handles zero, diagonal and rank-one matrices', () => {
    expect([...symmetricEigenvalues(new Float64Array(9), 3)]).toEqual([0, 0, 0])
    expect([...symmetricEigenvalues([3, 0, 0, 0, -1, 0, 0, 0, 2], 3)]).toEqual([-1, 2, 3])
    const [a, b, c] = symmetricEigenvalues(new Float64Array(9).fill(1), 3)
    expect([a, b, c]).toEqual([expect.closeTo(0, 14), expect.closeTo(0, 14), expect.closeTo(3, 14)])
  })

  it('of low rank: what is not zero is right, the rest is rounding', () => {
    const size = 120
    const rng = createRng(3)
    const vectors = [0, 1, 2].map(() => Array.from({ length: size }, () => rng.next() - 0.5))
    const matrix = Array.from({ length: size * size }, (_, at) => vectors.reduce((sum, v) => sum + v[Math.floor(at / size)]! * v[at % size]!, 0))
    const values = symmetricEigenvalues(matrix, size)
    // Those of the 3 × 3 matrix of the vectors' products are the same.
    const small = symmetricEigenvalues(
      vectors.flatMap((v) => vectors.map((w) => v.reduce((sum, value, i) => sum + value * w[i]!, 0))),
      3,
    )
    expect([...values.subarray(size - 3)]).toEqual([...small].map((value) => expect.closeTo(value, 11)))
    for (const value of values.subarray(0, size - 3)) expect(Math.abs(value)).toBeLessThan(1e-12)
  })

  it('refuses what is not square or not finite', () => {
    expect(() => symmetricEigenvalues([1, 2, 3], 2)).toThrow(RangeError)
    expect(() => symmetricEigenvalues([1, Number.NaN, Number.NaN, 1], 2)).toThrow(/not finite/)
  })
})
