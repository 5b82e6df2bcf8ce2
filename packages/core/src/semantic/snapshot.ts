import { checksumAround, createReader, createWriter } from '../novelty/bytes.ts'
import { Rows } from './rows.ts'

/*
 * Little-endian, whatever the machine: magic (8 bytes), version, checksum of everything after it, then D, the numbers given out, how many of
 * them stand in the neighbour search, and the length of the embedding's name (u32 each); the name (u16 units), whether each entry is present
 * (u8), and the rows of those that are (f32).
 */
const magic = 'SeDiSema'
const version = 1
const headerBytes = 8 + 4 + 4 + 4 * 4
const checksumAt = 12

export type SemanticState = {
  readonly embedding: string
  readonly rows: Rows
  /** Entries below it stand in the neighbour search. */
  readonly searched: number
}

export function encodeRows({ embedding, rows, searched }: SemanticState): Uint8Array {
  const bytes = new Uint8Array(headerBytes + 2 * embedding.length + rows.size + 4 * rows.alive * rows.dimensions)
  const writer = createWriter(bytes)
  for (const letter of magic) writer.u8(letter.charCodeAt(0))
  for (const number of [version, 0, rows.dimensions, rows.size, searched, embedding.length]) writer.u32(number)
  for (let i = 0; i < embedding.length; i++) writer.u16(embedding.charCodeAt(i))
  for (let entry = 0; entry < rows.size; entry++) writer.u8(rows.has(entry) ? 1 : 0)
  for (let entry = 0; entry < rows.size; entry++) {
    if (rows.has(entry)) for (const value of rows.at(entry)) writer.f32(value)
  }
  new DataView(bytes.buffer).setUint32(checksumAt, checksumAround(bytes, checksumAt), true)
  return bytes
}

/** Cost O(N·D), in one piece. Throws RangeError saying what is wrong with the snapshot. */
export function decodeRows(bytes: Uint8Array): SemanticState {
  const expect = (holds: boolean, found: string): void => {
    if (!holds) throw new RangeError(`Semantic index: cannot restore the snapshot: ${found}`)
  }
  expect(bytes.length >= headerBytes && [...magic].every((letter, i) => bytes[i] === letter.charCodeAt(0)), 'it is not one')
  const reader = createReader(bytes, magic.length)
  const found = reader.u32()
  expect(found === version, `its version is ${found}, this release reads ${version}`)
  const sum = reader.u32()
  const [dimensions, size, searched, nameLength] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()]
  const flagsAt = headerBytes + 2 * nameLength
  const alive = bytes.subarray(flagsAt, flagsAt + size).reduce((count, flag) => count + flag, 0)
  const expected = flagsAt + size + 4 * alive * dimensions
  expect(bytes.length === expected, `it has ${bytes.length} bytes and should have ${expected}: it was cut or joined`)
  expect(sum === checksumAround(bytes, checksumAt), 'its checksum does not match: it was changed')

  let embedding = ''
  for (let i = 0; i < nameLength; i++) embedding += String.fromCharCode(reader.u16())
  const flags = Array.from({ length: size }, () => reader.u8())
  const rows = new Rows(dimensions)
  for (const flag of flags) {
    if (flag === 0) rows.addRemoved()
    else rows.add(rows.probe(Float32Array.from({ length: dimensions }, () => reader.f32())))
  }
  return { embedding, rows, searched }
}
