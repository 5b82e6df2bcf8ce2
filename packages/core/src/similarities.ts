/** Cosines between N rows, computed when asked for. */
export interface Similarities {
  /** N. */
  readonly count: number
  /** Writes the cosine of row i with every row to `out` (N,); 1 with itself, 0 with and for a row of zeros. */
  cosines(i: number, out: Float64Array): void
  /** Whether row i has a norm above 0. */
  isDefined(i: number): boolean
}

/** Rows with at most this share of values other than 0 are multiplied value by value. */
const sparse = 0.25

/** N rows of (D,). Cost of `cosines` O(N·D), for a sparse row O(N) for each value that is not 0. Throws RangeError for rows of several lengths. */
export function createSimilarities(rows: readonly Float32Array[]): Similarities {
  const count = rows.length
  const dimensions = rows[0]?.length ?? 0
  const flat = new Float32Array(count * dimensions) // (N, D), unit rows
  const columns = new Float32Array(count * dimensions) // (D, N), the same
  const values = rows.map((row, i) => {
    if (row.length !== dimensions) throw new RangeError(`createSimilarities: expected rows of length ${dimensions}, row ${i} has ${row.length}`)
    let norm = 0
    for (let d = 0; d < dimensions; d++) norm += row[d]! * row[d]!
    const scale = norm > 0 ? 1 / Math.sqrt(norm) : 0
    const at: number[] = []
    for (let d = 0; d < dimensions; d++) {
      if (row[d] === 0) continue
      flat[i * dimensions + d] = row[d]! * scale
      columns[d * count + i] = row[d]! * scale
      at.push(d)
    }
    return at
  })
  return {
    count,
    isDefined: (i) => values[i]!.length > 0,
    cosines(i, out) {
      if (values[i]!.length <= sparse * dimensions) {
        out.fill(0)
        for (const d of values[i]!) {
          const value = flat[i * dimensions + d]!
          const column = d * count
          for (let j = 0; j < count; j++) out[j]! += value * columns[column + j]!
        }
      } else {
        const own = i * dimensions
        for (let j = 0, other = 0; j < count; j++, other += dimensions) {
          let sum = 0
          for (let d = 0; d < dimensions; d++) sum += flat[own + d]! * flat[other + d]!
          out[j] = sum
        }
      }
      if (values[i]!.length > 0) out[i] = 1
    },
  }
}
