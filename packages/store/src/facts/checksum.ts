import { crc32 } from 'node:zlib'
import type { FactKind } from '@sedi/spec'

/**
 * CRC-32 of a fact as it lies in its row: kind, sequence number and every column. It finds what SQLite's own check does not (bytes that
 * changed inside a text), and lets a row that was found in a damaged file prove which kind of fact it is.
 */
export function checksumOf(kind: FactKind, seq: number, values: readonly unknown[]): number {
  return crc32(JSON.stringify([kind, seq, ...values]))
}
