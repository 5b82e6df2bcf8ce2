import type { Rng } from './rng.ts'

export type NeighbourLayoutOptions = {
  readonly rng: Rng
  /** Nearest rows that hold a row in place. More show the large shape, fewer the small one. @default 12 */
  readonly neighbours?: number | undefined
  /** Passes over the neighbour graph. @default 200 */
  readonly epochs?: number | undefined
  readonly onEpoch?: ((done: number) => void) | undefined
}

/**
 * Places in a plane for rows, so that rows of small cosine distance lie together: a graph of nearest neighbours, laid out by pulling neighbours
 * together and pushing random others apart. Near means alike; far, and the size of empty space between groups, mean little.
 *
 * Takes (N, D) rows of any length; returns (N, 2) row-major, within −1 to 1. Zero rows have no neighbours and end at the rim. The same rows and
 * stream of random numbers give the same places. Cost for the neighbours O(N²·d) with d values other than 0 in a row, at a hundredth of that for hashed
 * words; then O(N · neighbours · epochs): some 3 s for 5,000 rows of 256.
 * Source: McInnes, Healy & Melville 2018, "UMAP" (arXiv 1802.03426): its weights, its gradients for `min_dist` 0.1, its sampling; exact neighbours
 * and a start from two principal directions instead of the spectral one are ours.
 */
export function neighbourLayout(rows: readonly Float32Array[], { rng, neighbours = 12, epochs = 200, onEpoch }: NeighbourLayoutOptions): Float32Array {
  const N = rows.length
  if (N === 0) return new Float32Array(0)
  const places = principalPlaces(rows, rng) // (N, 2)
  const edges = weightedEdges(nearestRows(rows, Math.min(neighbours, N - 1)))
  pullAndPush(places, edges, N, epochs, rng, onEpoch)
  return withinOne(places)
}

type Neighbourhood = { readonly ids: Int32Array; readonly distances: Float32Array }

/** Exact, by the lists of rows that have a value in a dimension. Ties go to the lower row. */
function nearestRows(rows: readonly Float32Array[], k: number): Neighbourhood[] {
  const units = rows.map(unit)
  const lists: { ids: number[]; values: number[] }[] = Array.from({ length: rows[0]!.length }, () => ({ ids: [], values: [] }))
  units.forEach((row, i) => {
    for (const [d, value] of row) {
      lists[d]!.ids.push(i)
      lists[d]!.values.push(value)
    }
  })
  const cosines = new Float64Array(rows.length)
  return units.map((row, i) => {
    cosines.fill(0)
    for (const [d, value] of row) {
      const { ids, values } = lists[d]!
      for (let n = 0; n < ids.length; n++) cosines[ids[n]!]! += value * values[n]!
    }
    cosines[i] = Number.NEGATIVE_INFINITY
    const ids = largest(cosines, row.length === 0 ? 0 : k)
    return { ids, distances: Float32Array.from(ids, (other) => Math.max(0, 1 - cosines[other]!)) }
  })
}

/** Dimension and value of what is not 0, of length 1 together. */
function unit(row: Float32Array): [number, number][] {
  const norm = Math.hypot(...row)
  const values: [number, number][] = []
  for (let d = 0; d < row.length; d++) if (row[d] !== 0) values.push([d, row[d]! / norm])
  return values
}

/** Places of the k largest positive values, the largest first. */
function largest(values: Float64Array, k: number): Int32Array {
  const best: number[] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value <= 0 || (best.length === k && value <= (values[best[k - 1]!] ?? Infinity))) continue
    let place = best.length
    while (place > 0 && values[best[place - 1]!]! < value) place--
    best.splice(place, 0, i)
    if (best.length > k) best.pop()
  }
  return Int32Array.from(best)
}

type Edges = { readonly from: Int32Array; readonly to: Int32Array; readonly weights: Float64Array }

/** How surely two rows are neighbours, seen from either: `a + b − a·b`, each `exp(−(d − nearest) / width)` with widths that give every row log₂ k neighbours in sum. */
function weightedEdges(neighbourhoods: readonly Neighbourhood[]): Edges {
  const N = neighbourhoods.length
  const weights = new Map<number, number>()
  neighbourhoods.forEach(({ ids, distances }, i) => {
    const width = widthOf(distances)
    ids.forEach((j, n) => {
      const own = Math.exp(-Math.max(0, distances[n]! - distances[0]!) / width)
      const key = Math.min(i, j) * N + Math.max(i, j)
      const other = weights.get(key)
      weights.set(key, other === undefined ? own : own + other - own * other)
    })
  })
  const keys = [...weights.keys()].sort((a, b) => a - b)
  return {
    from: Int32Array.from(keys, (key) => Math.floor(key / N)),
    to: Int32Array.from(keys, (key) => key % N),
    weights: Float64Array.from(keys, (key) => weights.get(key)!),
  }
}

function widthOf(distances: Float32Array): number {
  const wanted = Math.log2(Math.max(2, distances.length))
  let [low, high, width] = [0, Infinity, 1]
  for (let i = 0; i < 64; i++) {
    const sum = distances.reduce((total, distance) => total + Math.exp(-Math.max(0, distance - distances[0]!) / width), 0)
    if (Math.abs(sum - wanted) < 1e-5) break
    if (sum > wanted) high = width
    else low = width
    width = high === Infinity ? width * 2 : (low + high) / 2
  }
  return Math.max(width, 1e-3)
}

/** The rows along their two principal directions, found by power iterations; a little noise tells equal rows apart. */
function principalPlaces(rows: readonly Float32Array[], rng: Rng): Float64Array {
  const [N, D] = [rows.length, rows[0]!.length]
  const mean = new Float64Array(D)
  for (const row of rows) for (let d = 0; d < D; d++) mean[d]! += row[d]! / N
  const directions: Float64Array[] = []
  const places = new Float64Array(2 * N) // (N, 2)
  for (let c = 0; c < 2; c++) {
    let direction = normalised(Float64Array.from({ length: D }, () => rng.next() - 0.5))
    for (let i = 0; i < 30; i++) direction = normalised(without(covarianceTimes(rows, mean, direction), directions))
    directions.push(direction)
    rows.forEach((row, n) => {
      let along = 0
      for (let d = 0; d < D; d++) along += (row[d]! - mean[d]!) * direction[d]!
      places[2 * n + c] = along
    })
  }
  const widest = places.reduce((most, place) => Math.max(most, Math.abs(place)), 0) || 1
  return places.map((place) => (10 * place) / widest + 1e-3 * (rng.next() - 0.5))
}

function covarianceTimes(rows: readonly Float32Array[], mean: Float64Array, direction: Float64Array): Float64Array {
  const product = new Float64Array(mean.length)
  for (const row of rows) {
    let along = 0
    for (let d = 0; d < row.length; d++) along += (row[d]! - mean[d]!) * direction[d]!
    for (let d = 0; d < row.length; d++) product[d]! += along * (row[d]! - mean[d]!)
  }
  return product
}

function without(vector: Float64Array, directions: readonly Float64Array[]): Float64Array {
  for (const direction of directions) {
    const along = vector.reduce((sum, value, d) => sum + value * direction[d]!, 0)
    vector = vector.map((value, d) => value - along * direction[d]!)
  }
  return vector
}

function normalised(vector: Float64Array): Float64Array {
  const norm = Math.hypot(...vector)
  return norm === 0 ? vector : vector.map((value) => value / norm)
}

/** Of the curve `1 / (1 + a·d^2b)` by which closeness falls with distance; fitted by umap-learn 0.5 for `min_dist` 0.1 and `spread` 1. */
const [a, b] = [1.576943460405378, 0.8950608781227859]
const pushes = 5

function pullAndPush(places: Float64Array, { from, to, weights }: Edges, N: number, epochs: number, rng: Rng, onEpoch?: (done: number) => void): void {
  const strongest = weights.reduce((most, weight) => Math.max(most, weight), 0)
  const due = weights.map((weight) => strongest / weight)
  const next = Float64Array.from(due)
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const pace = 1 - (epoch - 1) / epochs
    for (let e = 0; e < weights.length; e++) {
      if (next[e]! > epoch) continue
      next[e]! += due[e]!
      const [i, j] = [2 * from[e]!, 2 * to[e]!]
      const distance = squaredDistance(places, i, j)
      if (distance > 0) {
        const pull = (-2 * a * b * distance ** (b - 1)) / (1 + a * distance ** b)
        move(places, i, j, pull, pace, true)
      }
      for (let n = 0; n < pushes; n++) {
        const other = 2 * rng.int(N)
        if (other === i) continue
        const apart = squaredDistance(places, i, other)
        move(places, i, other, (2 * b) / ((0.001 + apart) * (1 + a * apart ** b)), pace, false)
      }
    }
    onEpoch?.(epoch)
  }
}

const squaredDistance = (places: Float64Array, i: number, j: number): number => (places[i]! - places[j]!) ** 2 + (places[i + 1]! - places[j + 1]!) ** 2

function move(places: Float64Array, i: number, j: number, force: number, pace: number, both: boolean): void {
  for (let c = 0; c < 2; c++) {
    const step = pace * Math.max(-4, Math.min(4, force * (places[i + c]! - places[j + c]!)))
    places[i + c]! += step
    if (both) places[j + c]! -= step
  }
}

/** Around the middle of both directions; the farthest touches 1. */
function withinOne(places: Float64Array): Float32Array {
  const middle = [0, 1].map((c) => {
    let [low, high] = [Infinity, -Infinity]
    for (let i = c; i < places.length; i += 2) [low, high] = [Math.min(low, places[i]!), Math.max(high, places[i]!)]
    return (low + high) / 2
  })
  let reach = 0
  for (let i = 0; i < places.length; i++) reach = Math.max(reach, Math.abs(places[i]! - middle[i % 2]!))
  return Float32Array.from(places, (place, i) => (reach === 0 ? 0 : (place - middle[i % 2]!) / reach))
}
