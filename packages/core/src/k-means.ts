import type { Rng } from './rng.ts'

export type KMeansOptions = {
  readonly rng: Rng
  /** @default 25 */
  readonly maxIterations?: number | undefined
}

export type KMeansResult = {
  /** (N,) cluster of each row, 0 to K − 1; every cluster has at least one row. */
  readonly assignments: Int32Array
  /** (K, D) row-major means. */
  readonly centroids: Float32Array
  /** Sum of squared distances of the rows to their centroids. */
  readonly inertia: number
  readonly iterations: number
}

/**
 * k-means: Lloyd's iterations from k-means++ starts, until no row changes cluster.
 *
 * Rows are (D,) each; K is lowered to the number of distinct rows when there are fewer. Ties go to the lower cluster. A cluster that
 * loses its last row takes the row farthest from its own centroid. Sums are float64. Cost O(N·K·D) per iteration.
 * Source: Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
 */
export function kMeans(rows: readonly Float32Array[], k: number, { rng, maxIterations = 25 }: KMeansOptions): KMeansResult {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`kMeans: expected k ≥ 1, got ${k}`)
  const dimensions = rows[0]?.length ?? 0
  for (const [i, row] of rows.entries()) {
    if (row.length !== dimensions) throw new RangeError(`kMeans: expected rows of length ${dimensions}, row ${i} has ${row.length}`)
  }
  const starts = chooseStarts(rows, k, rng)
  const clusters = starts.length
  const centroids = new Float32Array(clusters * dimensions) // (K, D)
  starts.forEach((row, c) => {
    centroids.set(rows[row]!, c * dimensions)
  })

  const assignments = new Int32Array(rows.length).fill(-1) // (N,)
  const distances = new Float64Array(rows.length) // (N,) squared, to the own centroid
  let iterations = 0
  while (iterations < maxIterations && rows.length > 0) {
    iterations++
    const changed = assign(rows, centroids, assignments, distances)
    const refilled = refillEmpty(assignments, distances, clusters)
    if (!changed && !refilled) break
    moveCentroids(rows, assignments, centroids, clusters)
  }
  let inertia = 0
  rows.forEach((row, i) => {
    inertia += squaredDistance(row, centroids, assignments[i]! * dimensions)
  })
  return { assignments, centroids, inertia, iterations }
}

/** k-means++: each next start is a row drawn in proportion to its squared distance from the nearest start. */
function chooseStarts(rows: readonly Float32Array[], k: number, rng: Rng): number[] {
  if (rows.length === 0) return []
  const starts = [rng.int(rows.length)]
  const nearest = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY) // (N,)
  while (starts.length < k) {
    const last = rows[starts.at(-1)!]!
    let total = 0
    for (let i = 0; i < rows.length; i++) {
      nearest[i] = Math.min(nearest[i]!, squaredDistance(rows[i]!, last, 0))
      total += nearest[i]!
    }
    if (total === 0) break
    starts.push(rng.weighted(nearest as unknown as readonly number[]))
  }
  return starts
}

function assign(rows: readonly Float32Array[], centroids: Float32Array, assignments: Int32Array, distances: Float64Array): boolean {
  let changed = false
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    let best = 0
    let bestDistance = Number.POSITIVE_INFINITY
    for (let start = 0, c = 0; start < centroids.length; start += row.length, c++) {
      const distance = squaredDistance(row, centroids, start)
      if (distance < bestDistance) {
        best = c
        bestDistance = distance
      }
    }
    if (assignments[i] !== best) changed = true
    assignments[i] = best
    distances[i] = bestDistance
  }
  return changed
}

function refillEmpty(assignments: Int32Array, distances: Float64Array, clusters: number): boolean {
  const sizes = new Int32Array(clusters)
  for (const cluster of assignments) sizes[cluster]!++
  let refilled = false
  for (let c = 0; c < clusters; c++) {
    if (sizes[c]! > 0) continue
    let farthest = -1
    for (let i = 0; i < assignments.length; i++) {
      if (sizes[assignments[i]!]! > 1 && (farthest < 0 || distances[i]! > distances[farthest]!)) farthest = i
    }
    if (farthest < 0) continue
    sizes[assignments[farthest]!]!--
    sizes[c]!++
    assignments[farthest] = c
    distances[farthest] = 0
    refilled = true
  }
  return refilled
}

function moveCentroids(rows: readonly Float32Array[], assignments: Int32Array, centroids: Float32Array, clusters: number): void {
  const dimensions = rows[0]!.length
  const sums = new Float64Array(clusters * dimensions) // (K, D)
  const sizes = new Int32Array(clusters)
  rows.forEach((row, i) => {
    const start = assignments[i]! * dimensions
    sizes[assignments[i]!]!++
    for (let d = 0; d < dimensions; d++) sums[start + d]! += row[d]!
  })
  for (let i = 0; i < sums.length; i++) {
    const size = sizes[Math.floor(i / dimensions)]!
    if (size > 0) centroids[i] = sums[i]! / size
  }
}

function squaredDistance(row: Float32Array, others: Float32Array, start: number): number {
  let sum = 0
  for (let d = 0; d < row.length; d++) {
    const difference = row[d]! - others[start + d]!
    sum += difference * difference
  }
  return sum
}
