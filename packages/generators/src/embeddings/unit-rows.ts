import { SediError } from '@sedi/spec'

/**
 * Checks what a provider sent for vectors and gives them unit length: `count` rows of one length, finite numbers. A zero row stays.
 * Throws `provider-response` (retryable, possibly charged) for anything else.
 */
export function unitRows(value: unknown, count: number, provider: string): Float32Array[] {
  const unusable = (what: string): SediError =>
    new SediError('provider-response', `${provider}: expected ${count} vectors of one length, but ${what}. It may have been charged.`, {
      retryable: true,
      details: { charged: 'uncertain' },
    })
  if (!Array.isArray(value)) throw unusable(`${value === null ? 'null' : typeof value} came`)
  if (value.length !== count) throw unusable(`${value.length} came`)
  let dimensions: number | undefined
  return value.map((row: unknown, i) => {
    if (!isNumbers(row) || row.length === 0) throw unusable(`vector ${i + 1} is ${describe(row)}`)
    dimensions ??= row.length
    if (row.length !== dimensions) throw unusable(`vector ${i + 1} has ${row.length} numbers, the first ${dimensions}`)
    return unitRow(row)
  })
}

function isNumbers(row: unknown): row is ArrayLike<number> {
  if (row instanceof Float32Array) return row.every(Number.isFinite)
  return Array.isArray(row) && row.every((value) => typeof value === 'number' && Number.isFinite(value))
}

function unitRow(row: ArrayLike<number>): Float32Array {
  let squares = 0
  for (let d = 0; d < row.length; d++) squares += row[d]! * row[d]!
  const norm = Math.sqrt(squares)
  return Float32Array.from(row, (value) => (norm === 0 ? 0 : value / norm))
}

function describe(row: unknown): string {
  if (!Array.isArray(row)) return row === null ? 'null' : `a ${typeof row}`
  if (row.length === 0) return 'empty'
  return Array.isArray(row[0]) ? 'a list of vectors, one per token: the model does not pool them' : 'not made of finite numbers'
}
