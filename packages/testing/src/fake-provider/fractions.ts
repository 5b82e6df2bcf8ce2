import { createHash } from 'node:crypto'

/** Two numbers in [0, 1) that only the text decides. */
export function fractions(text: string): readonly [number, number] {
  const digest = createHash('sha256').update(text).digest()
  return [digest.readUInt32BE(0) / 2 ** 32, digest.readUInt32BE(4) / 2 ** 32]
}
