/**
 * NovelSum: how novel the rows of a set are on average, `1/N · Σᵢ Σⱼ w(j)·σᵢ·d(i, j)`.
 *
 * `d = 1 − cosine` (a zero row is at 1 from every row, itself included); `w(j) = (1/rank) / Σ(1/rank)` over the rows by distance from i, i itself
 * at rank 1; σ are {@link localDensities}, one per row. At least 0, without a unit; comparable only with the same reference set behind σ, and
 * equal N. NaN for no rows. Cost O(N²·(D + log N)).
 * Source: Yang et al. 2025, "Measuring Data Diversity for Instruction Tuning" (arXiv 2502.17184); reference implementation novelsum.py of
 * github.com/UmeanNever/NovelSum (`novelsum`, distance power 1, density power 0.5), in float64 where that uses float32.
 */
export function novelSum(rows: readonly Float32Array[], densities: ArrayLike<number>): number {
  if (densities.length !== rows.length) throw new RangeError(`novelSum: expected ${rows.length} densities, got ${densities.length}`)
  const lengths = rows.map((row) => Math.max(Math.sqrt(dot(row, row)), 1e-8)) // the reference's floor
  const distances = new Float64Array(rows.length * rows.length) // (N, N)
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j <= i; j++) {
      const distance = 1 - dot(rows[i]!, rows[j]!) / (lengths[i]! * lengths[j]!)
      distances[i * rows.length + j] = distance
      distances[j * rows.length + i] = distance
    }
  }
  let weights = 0
  for (let rank = 1; rank <= rows.length; rank++) weights += 1 / rank
  let total = 0
  for (let i = 0; i < rows.length; i++) {
    const ranked = distances.subarray(i * rows.length, (i + 1) * rows.length).sort()
    let sum = 0
    for (let j = 0; j < ranked.length; j++) sum += ranked[j]! / (j + 1)
    total += (densities[i]! * sum) / weights
  }
  return total / rows.length
}

export type LocalDensityOptions = {
  /** @default 10 */
  readonly neighbours?: number | undefined
}

/**
 * How dense the reference set is around each row: `σ = (mean squared distance to its nearest neighbours + 1e-9)^−½`.
 *
 * The reference's rows count once each, and the nearest of them is left out: it is the row itself where the row is in the reference. With fewer
 * than `neighbours` others all of them are taken; NaN when there is none. Returns (N,). Cost O(N·R·D) for R reference rows.
 * Source: utils.py of github.com/UmeanNever/NovelSum (`FaissIndex.local_density`, 10 neighbours, power 0.5).
 */
export function localDensities(rows: readonly Float32Array[], reference: readonly Float32Array[], { neighbours = 10 }: LocalDensityOptions = {}): Float64Array {
  if (!Number.isInteger(neighbours) || neighbours < 1) throw new RangeError(`localDensities: expected neighbours ≥ 1, got ${neighbours}`)
  const known = [...new Map(reference.map((row) => [row.join(), row])).values()]
  const nearest = new Float64Array(neighbours + 1) // squared distances, ascending
  const densities = new Float64Array(rows.length) // (N,)
  const others = Math.min(neighbours, known.length - 1)
  for (let i = 0; i < rows.length; i++) {
    nearest.fill(Number.POSITIVE_INFINITY)
    for (let j = 0; j < known.length; j++) keepNearest(nearest, squaredDistance(rows[i]!, known[j]!))
    let sum = 0
    for (let rank = 1; rank <= others; rank++) sum += nearest[rank]!
    densities[i] = others < 1 ? Number.NaN : 1 / Math.sqrt(sum / others + 1e-9)
  }
  return densities
}

function keepNearest(nearest: Float64Array, distance: number): void {
  let at = nearest.length - 1
  if (distance >= nearest[at]!) return
  for (; at > 0 && nearest[at - 1]! > distance; at--) nearest[at] = nearest[at - 1]!
  nearest[at] = distance
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!
  return sum
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) {
    const difference = a[d]! - b[d]!
    sum += difference * difference
  }
  return sum
}
