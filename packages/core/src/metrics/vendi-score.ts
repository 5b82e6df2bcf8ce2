import { symmetricEigenvalues } from './symmetric-eigenvalues.ts'

/**
 * Vendi score: the effective number of different items, `exp(−Σ λ·ln λ)` over the eigenvalues λ of K/N.
 *
 * `similarities` is K, (N, N) row-major: symmetric, positive semi-definite, 1 on the diagonal. Result in [1, N]: 1 when all items are the same,
 * N when none resembles another. NaN for N = 0. Grows with N: compare equal sizes only. Cost O(N³).
 * Source: Friedman & Dieng 2023, "The Vendi Score"; reference implementation vendi-score 0.0.3, `vendi.score_K`.
 *
 * @example vendiScore([1, 0, 0, 1], 2) // 2
 */
export function vendiScore(similarities: ArrayLike<number>, count: number): number {
  if (count === 0) return Number.NaN
  return expEntropy(symmetricEigenvalues(similarities, count), count)
}

/**
 * {@link vendiScore} under cosine similarity of (D,) rows. K and the (D, D) matrix of the normalised rows have the same eigenvalues apart from
 * zeros, so the smaller one is taken: cost O(N·D·m + m³), m = min(N, D).
 *
 * A zero row resembles nothing, not even itself, and counts for nothing, as in the reference: vendi-score 0.0.3, `vendi.score_X`, `score_dual`.
 */
export function vendiScoreOfRows(rows: readonly Float32Array[]): number {
  if (rows.length === 0) return Number.NaN
  const units = rows.map(normalised)
  const dimensions = units[0]!.length
  for (const [i, row] of units.entries()) {
    if (row.length !== dimensions) throw new RangeError(`vendiScoreOfRows: expected rows of length ${dimensions}, row ${i} has ${row.length}`)
  }
  const size = Math.min(rows.length, dimensions)
  const matrix = rows.length <= dimensions ? gramOfRows(units) : gramOfColumns(units, dimensions)
  return expEntropy(symmetricEigenvalues(matrix, size), rows.length)
}

function expEntropy(eigenvalues: Float64Array, count: number): number {
  let entropy = 0
  for (const value of eigenvalues) if (value > 0) entropy -= (value / count) * Math.log(value / count)
  return Math.exp(entropy)
}

function gramOfRows(rows: readonly Float64Array[]): Float64Array {
  const gram = new Float64Array(rows.length * rows.length) // (N, N), lower triangle
  rows.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const other = rows[j]!
      let dot = 0
      for (let d = 0; d < row.length; d++) dot += row[d]! * other[d]!
      gram[i * rows.length + j] = dot
    }
  })
  return gram
}

function gramOfColumns(rows: readonly Float64Array[], dimensions: number): Float64Array {
  const gram = new Float64Array(dimensions * dimensions) // (D, D), lower triangle
  for (const row of rows) {
    for (let i = 0; i < dimensions; i++) {
      const value = row[i]!
      if (value === 0) continue
      for (let j = 0; j <= i; j++) gram[i * dimensions + j]! += value * row[j]!
    }
  }
  return gram
}

function normalised(row: Float32Array): Float64Array {
  let squares = 0
  for (const value of row) squares += value * value
  const length = Math.sqrt(squares)
  return Float64Array.from(row, (value) => (length === 0 ? 0 : value / length))
}
