import { grow } from '../novelty/grow.ts'

/** Values of a row that are multiplied before asking whether the rest can still matter. */
const blockSize = 32
/** What float64 sums of a few thousand products may be off by, relative to the product of the norms. */
const margin = 1e-11
/** A cosine this near to 1 is 1: two rows of one direction differ from it by rounding alone. */
const rounding = 1e-12

/** A row asked about, with what bounds need. */
export type RowProbe = { readonly row: Float32Array; readonly norm: number; readonly rests: Float32Array }

/**
 * Embedding rows by entry number, as they were given: 4·D bytes each and D / 8 for bounds. Cosines are sums of float64 products in one fixed
 * order, so that `cosine(a, b)` and `cosine(b, a)` are the same bits.
 *
 * Pruning: after each block of 32 values, dot ≤ sum so far + ‖rest of a‖·‖rest of b‖ (Cauchy–Schwarz). A pair that cannot exceed the floor is
 * left there, for unit rows of evenly spread energy after about 1 − floor of the values.
 */
export class Rows {
  readonly dimensions: number
  /** Numbers given out so far; present ones. */
  size = 0
  alive = 0
  readonly #blocks: number
  #values = new Float32Array(0) // (size, D)
  #norms = new Float64Array(0) // (size,) 0 when removed
  #rests = new Float32Array(0) // (size, blocks) norm of what stands behind each block, rounded up

  constructor(dimensions: number) {
    this.dimensions = dimensions
    this.#blocks = Math.ceil(dimensions / blockSize)
  }

  /** Throws RangeError for a row of another length, with a value that is no finite number, or of zeros. */
  probe(row: Float32Array): RowProbe {
    const { dimensions } = this
    if (row.length !== dimensions) throw new RangeError(`Semantic index: expected rows of ${dimensions} values, got one of ${row.length}`)
    const rests = new Float32Array(this.#blocks)
    let sum = 0
    for (let block = this.#blocks - 1; block >= 0; block--) {
      rests[block] = Math.sqrt(sum) * (1 + 2 ** -22)
      const end = Math.min(dimensions, (block + 1) * blockSize)
      for (let d = block * blockSize; d < end; d++) sum += row[d]! * row[d]!
    }
    if (!Number.isFinite(sum)) throw new RangeError(`Semantic index: expected finite numbers, got ${row.find((value) => !Number.isFinite(value))} in a row`)
    if (sum === 0) throw new RangeError('Semantic index: expected a row with a direction, got one of zeros')
    return { row, norm: Math.sqrt(sum), rests }
  }

  add({ row, norm, rests }: RowProbe): number {
    const entry = this.size++
    this.#values = grow(this.#values, this.size * this.dimensions)
    this.#norms = grow(this.#norms, this.size)
    this.#rests = grow(this.#rests, this.size * this.#blocks)
    this.#values.set(row, entry * this.dimensions)
    this.#norms[entry] = norm
    this.#rests.set(rests, entry * this.#blocks)
    this.alive++
    return entry
  }

  /** Gives out a number for a row that is not there, as after `remove`. */
  addRemoved(): void {
    this.size++
    this.#values = grow(this.#values, this.size * this.dimensions)
    this.#norms = grow(this.#norms, this.size)
    this.#rests = grow(this.#rests, this.size * this.#blocks)
  }

  has(entry: number): boolean {
    return Number.isInteger(entry) && entry >= 0 && entry < this.size && this.#norms[entry]! > 0
  }

  remove(entry: number): boolean {
    if (!this.has(entry)) return false
    this.#norms[entry] = 0
    this.#values.fill(0, entry * this.dimensions, (entry + 1) * this.dimensions)
    this.alive--
    return true
  }

  /** (D,) a view: valid until the next `add`. */
  at(entry: number): Float32Array {
    return this.#values.subarray(entry * this.dimensions, (entry + 1) * this.dimensions)
  }

  /** The cosine with a present entry, in [−1, 1]; −2 where it was found to be at most the floor before it was computed. */
  cosineAbove(probe: RowProbe, entry: number, floor: number): number {
    const { row, norm, rests } = probe
    const [values, others] = [this.#values, this.#rests]
    const { dimensions } = this
    const start = entry * dimensions
    const restStart = entry * this.#blocks
    const scale = norm * this.#norms[entry]!
    const needed = (floor - margin) * scale
    let dot = 0
    for (let block = 0, d = 0; d < dimensions; block++) {
      const end = Math.min(dimensions, d + blockSize)
      let a = 0
      let b = 0
      let c = 0
      let e = 0
      for (; d + 3 < end; d += 4) {
        a += row[d]! * values[start + d]!
        b += row[d + 1]! * values[start + d + 1]!
        c += row[d + 2]! * values[start + d + 2]!
        e += row[d + 3]! * values[start + d + 3]!
      }
      for (; d < end; d++) a += row[d]! * values[start + d]!
      dot += a + b + (c + e)
      if (dot + rests[block]! * others[restStart + block]! < needed) return -2
    }
    const cosine = dot / scale
    return cosine > 1 - rounding ? 1 : Math.max(-1, cosine)
  }

  get bytes(): number {
    return this.#values.byteLength + this.#norms.byteLength + this.#rests.byteLength
  }
}
