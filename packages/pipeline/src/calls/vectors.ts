/** Rows of one length as base64 of little-endian 32-bit floats, row by row. */
export function encodeVectors(rows: readonly Float32Array[]): string {
  const dimensions = rows[0]?.length ?? 0
  const bytes = Buffer.alloc(rows.length * dimensions * 4)
  rows.forEach((row, i) => {
    for (let d = 0; d < dimensions; d++) bytes.writeFloatLE(row[d]!, (i * dimensions + d) * 4)
  })
  return bytes.toString('base64')
}

/** The inverse of `encodeVectors`, on any machine. */
export function decodeVectors(base64: string, dimensions: number): Float32Array[] {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.length / 4 / dimensions }, (_, i) => {
    return Float32Array.from({ length: dimensions }, (_, d) => bytes.readFloatLE((i * dimensions + d) * 4))
  })
}
