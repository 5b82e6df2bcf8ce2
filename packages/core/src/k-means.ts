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
 * loses its last row takes the row farthest from its own centroid. Sums are float64.
 * The result is that of computing every distance, to the bit: distances that cannot decide are ruled out by bounds (Elkan's, kept from one
 * iteration to the next) or by `‖x‖² + ‖c‖² − 2x·c` with a margin, and what is left is compared as `Σ (x_d − c_d)²`. Cost O(N·K·D) for the starts
 * and the first iteration, times the share of values other than 0 for sparse rows, then less from iteration to iteration; memory 4·N·(K + 2) bytes
 * beside the rows. Not finite values are a RangeError.
 * Source: Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding"; Elkan 2003, "Using the triangle inequality to accelerate k-means".
 */
export function kMeans(rows: readonly Float32Array[], k: number, options: KMeansOptions): KMeansResult {
  const steps = kMeansInSteps(rows, k, options)
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** Rows between two yields: some milliseconds. */
const rowsPerStep = 256

/** `kMeans` for threads that others wait for: yields every few milliseconds, and the result is the same whatever happens in between. */
export function* kMeansInSteps(rows: readonly Float32Array[], k: number, { rng, maxIterations = 25 }: KMeansOptions): Generator<void, KMeansResult> {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`kMeans: expected k ≥ 1, got ${k}`)
  const points = createPoints(rows)
  const starts = yield* chooseStarts(points, k, rng)
  const clusters = starts.length
  const { dimensions } = points
  const centroids = new Float32Array(clusters * dimensions) // (K, D)
  starts.forEach((row, c) => {
    centroids.set(rows[row]!, c * dimensions)
  })

  const state = createState(rows.length, clusters)
  const { assignments } = state
  let iterations = 0
  while (iterations < maxIterations && rows.length > 0) {
    iterations++
    const changed = yield* assign(points, centroids, state)
    const refilled = refillEmpty(points, centroids, state)
    if (!changed && !refilled) break
    yield* moveCentroids(points, centroids, state)
  }
  let inertia = 0
  for (let i = 0; i < rows.length; i++) inertia += exactDistance(rows[i]!, centroids, assignments[i]! * dimensions)
  return { assignments, centroids, inertia, iterations }
}

/** Rows at most this full are multiplied value by value. */
const sparse = 0.25
/** What `‖x‖² + ‖c‖² − 2x·c` and `Σ (x_d − c_d)²` may be apart, relative to `‖x‖² + ‖c‖²`: float64 sums of thousands of terms, with room. */
const margin = 1e-10

type Points = {
  readonly rows: readonly Float32Array[]
  readonly dimensions: number
  /** (N,) */
  readonly squaredNorms: Float64Array
  /** Where the values of a row that are not 0 stand, for sparse rows. */
  readonly places: readonly (Int32Array | undefined)[]
}

function createPoints(rows: readonly Float32Array[]): Points {
  const dimensions = rows[0]?.length ?? 0
  const squaredNorms = new Float64Array(rows.length)
  const places = rows.map((row, i) => {
    if (row.length !== dimensions) throw new RangeError(`kMeans: expected rows of length ${dimensions}, row ${i} has ${row.length}`)
    squaredNorms[i] = squaredNorm(row, 0, dimensions)
    if (!Number.isFinite(squaredNorms[i])) throw new RangeError(`kMeans: expected finite numbers, row ${i} has others`)
    const own: number[] = []
    for (let d = 0; d < dimensions; d++) if (row[d] !== 0) own.push(d)
    return own.length <= sparse * dimensions ? Int32Array.from(own) : undefined
  })
  return { rows, dimensions, squaredNorms, places }
}

/** Memory of the iterations. Bounds are distances, not squared, and hold with rounding allowed for. */
type State = {
  /** (N,) −1 before the first iteration. */
  readonly assignments: Int32Array
  /** (N,) at least the distance to the own centroid. */
  readonly upper: Float64Array
  /** (N, K) at most the distance to each centroid. */
  readonly lower: Float32Array
  /** (K,) how far each centroid moved last, rounded up. */
  readonly moved: Float64Array
}

function createState(count: number, clusters: number): State {
  return {
    assignments: new Int32Array(count).fill(-1),
    upper: new Float64Array(count).fill(Number.POSITIVE_INFINITY),
    lower: new Float32Array(count * clusters),
    moved: new Float64Array(clusters),
  }
}

/** k-means++: each next start is a row drawn in proportion to its squared distance from the nearest start. */
function* chooseStarts(points: Points, k: number, rng: Rng): Generator<void, number[]> {
  const { rows, squaredNorms } = points
  if (rows.length === 0) return []
  const starts = [rng.int(rows.length)]
  const nearest = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY) // (N,)
  while (starts.length < k) {
    const last = starts.at(-1)!
    const own = rows[last]!
    const dot = createDot(points, own, 0)
    let total = 0
    for (let i = 0; i < rows.length; i++) {
      const norms = squaredNorms[i]! + squaredNorms[last]!
      if (norms * (1 - margin) - 2 * dot(i) < nearest[i]!) nearest[i] = Math.min(nearest[i]!, exactDistance(rows[i]!, own, 0))
      total += nearest[i]!
      if (i % (16 * rowsPerStep) === 0) yield
    }
    if (total === 0) break
    starts.push(rng.weighted(nearest as unknown as readonly number[]))
  }
  return starts
}

/** Gives every row its nearest centroid; whether any got another one than before. */
function* assign(points: Points, centroids: Float32Array, { assignments, upper, lower, moved }: State): Generator<void, boolean> {
  const { rows, dimensions, squaredNorms } = points
  const clusters = moved.length
  const centroidNorms = Float64Array.from(moved, (_, c) => squaredNorm(centroids, c * dimensions, dimensions)) // (K,)
  const open = new Int32Array(clusters)
  const squared = new Float64Array(clusters)
  const dots = new Float64Array(clusters)
  const fillDots = createDots(points, centroids, clusters, dots)
  let changed = false

  for (let i = 0; i < rows.length; i++) {
    if (i % rowsPerStep === 0) yield
    const start = i * clusters
    const own = assignments[i]!
    if (own >= 0) upper[i]! += moved[own]!
    // Those that may be nearer than the own centroid, or as near.
    let count = 0
    for (let c = 0; c < clusters; c++) {
      const bound = lower[start + c]! - moved[c]!
      lower[start + c] = bound > 0 ? bound * roundDown : 0
      if (c === own || lower[start + c]! <= upper[i]!) open[count++] = c
    }
    if (own >= 0 && count === 1) continue

    fillDots(i, open, count)
    let least = Number.POSITIVE_INFINITY
    let slack = 0
    for (let at = 0; at < count; at++) {
      const c = open[at]!
      const norms = squaredNorms[i]! + centroidNorms[c]!
      const value = norms - 2 * dots[c]!
      squared[c] = value
      lower[start + c] = Math.sqrt(Math.max(0, value - margin * norms)) * roundDown
      if (value < least) least = value
      slack = Math.max(slack, margin * norms)
    }
    const best = leastExactly(rows[i]!, centroids, open, count, squared, least + 2 * slack)
    upper[i] = Math.sqrt(Math.max(0, squared[best]! + slack))
    if (best !== own) changed = true
    assignments[i] = best
  }
  return changed
}

/** float64 to float32 rounds up at most by this. */
const roundDown = 1 - 2 ** -22

/** The first of the open centroids with the least distance, computed plainly where more than one comes into question. */
function leastExactly(row: Float32Array, centroids: Float32Array, open: Int32Array, count: number, squared: Float64Array, limit: number): number {
  let best = -1
  let bestDistance = -1 // not computed
  for (let at = 0; at < count; at++) {
    const c = open[at]!
    if (squared[c]! > limit) continue
    if (best < 0) {
      best = c
      continue
    }
    if (bestDistance < 0) bestDistance = exactDistance(row, centroids, best * row.length)
    const distance = exactDistance(row, centroids, c * row.length)
    if (distance < bestDistance) {
      best = c
      bestDistance = distance
    }
  }
  return best
}

function refillEmpty({ rows, dimensions }: Points, centroids: Float32Array, { assignments, upper, lower, moved }: State): boolean {
  const clusters = moved.length
  const sizes = new Int32Array(clusters)
  for (const cluster of assignments) sizes[cluster]!++
  if (sizes.every((size) => size > 0)) return false
  const distances = Float64Array.from(rows, (row, i) => exactDistance(row, centroids, assignments[i]! * dimensions))
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
    upper[farthest] = Number.POSITIVE_INFINITY
    lower.fill(0, farthest * clusters, (farthest + 1) * clusters)
    refilled = true
  }
  return refilled
}

function* moveCentroids({ rows, dimensions }: Points, centroids: Float32Array, { assignments, moved }: State): Generator<void> {
  const clusters = moved.length
  const sums = new Float64Array(clusters * dimensions) // (K, D)
  const sizes = new Int32Array(clusters)
  for (let i = 0; i < rows.length; i++) {
    if (i % (16 * rowsPerStep) === 0) yield
    const row = rows[i]!
    const start = assignments[i]! * dimensions
    sizes[assignments[i]!]!++
    for (let d = 0; d < dimensions; d++) sums[start + d]! += row[d]!
  }
  for (let c = 0; c < clusters; c++) {
    let way = 0
    for (let d = 0; d < dimensions && sizes[c]! > 0; d++) {
      const before = centroids[c * dimensions + d]!
      centroids[c * dimensions + d] = sums[c * dimensions + d]! / sizes[c]!
      way += (centroids[c * dimensions + d]! - before) ** 2
    }
    moved[c] = Math.sqrt(way) * (1 + margin)
  }
}

/** The products of one vector with rows, by the row's number. */
function createDot({ rows, dimensions, places }: Points, others: Float32Array, start: number): (i: number) => number {
  return (i) => {
    const row = rows[i]!
    const own = places[i]
    if (own === undefined) return dotOfDense(row, others, start, dimensions)
    let sum = 0
    for (let at = 0; at < own.length; at++) sum += row[own[at]!]! * others[start + own[at]!]!
    return sum
  }
}

/** The products of a row with the open centroids, written to `dots`. */
function createDots({ rows, dimensions, places }: Points, centroids: Float32Array, clusters: number, dots: Float64Array) {
  const columns = new Float32Array(centroids.length) // (D, K)
  for (let c = 0; c < clusters; c++) for (let d = 0; d < dimensions; d++) columns[d * clusters + c] = centroids[c * dimensions + d]!
  return (i: number, open: Int32Array, count: number): void => {
    const row = rows[i]!
    const own = places[i]
    if (own === undefined) {
      for (let at = 0; at < count; at++) dots[open[at]!] = dotOfDense(row, centroids, open[at]! * dimensions, dimensions)
    } else if (count > clusters / 4) {
      dots.fill(0)
      for (let at = 0; at < own.length; at++) {
        const value = row[own[at]!]!
        const column = own[at]! * clusters
        for (let c = 0; c < clusters; c++) dots[c]! += value * columns[column + c]!
      }
    } else {
      for (let at = 0; at < count; at++) {
        const start = open[at]! * dimensions
        let sum = 0
        for (let j = 0; j < own.length; j++) sum += row[own[j]!]! * centroids[start + own[j]!]!
        dots[open[at]!] = sum
      }
    }
  }
}

/** Four sums side by side: a processor adds them at once. */
function dotOfDense(row: Float32Array, others: Float32Array, start: number, dimensions: number): number {
  let a = 0
  let b = 0
  let c = 0
  let e = 0
  let d = 0
  for (; d + 3 < dimensions; d += 4) {
    a += row[d]! * others[start + d]!
    b += row[d + 1]! * others[start + d + 1]!
    c += row[d + 2]! * others[start + d + 2]!
    e += row[d + 3]! * others[start + d + 3]!
  }
  for (; d < dimensions; d++) a += row[d]! * others[start + d]!
  return a + b + c + e
}

function squaredNorm(values: Float32Array, start: number, dimensions: number): number {
  let sum = 0
  for (let d = 0; d < dimensions; d++) sum += values[start + d]! * values[start + d]!
  return sum
}

/** In this order of sums; what decides. */
function exactDistance(row: Float32Array, others: Float32Array, start: number): number {
  let sum = 0
  for (let d = 0; d < row.length; d++) {
    const difference = row[d]! - others[start + d]!
    sum += difference * difference
  }
  return sum
}
