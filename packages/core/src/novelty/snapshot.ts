import { checksumAround, createReader, createWriter } from './bytes.ts'
import type { FilterIndex } from './filter-index.ts'
import { finishHash, hashStart, hashUnit } from './word-table.ts'

/*
 * Little-endian, whatever the machine: magic (8 bytes), version, checksum of everything after it, threshold (f64), lengths of the four parts;
 * then the tokenizer's name (u16 units), the ends of the words (i32), their units (u16), the lengths of the entries (i32, -1 removed) and
 * their words (i32).
 */
const magic = 'SeDiNovl'
const version = 1
const headerBytes = 8 + 4 + 4 + 8 + 5 * 4
const checksumAt = 12

/** All an index needs to go on elsewhere with the same answers and entry numbers. */
export function encodeSnapshot(filter: FilterIndex, tokenizer: string): Uint8Array {
  const { words, entries } = filter
  const lengths = new Int32Array(entries.size)
  for (let entry = 0; entry < entries.size; entry++) lengths[entry] = entries.length(entry)
  const total = lengths.reduce((sum, length) => sum + Math.max(0, length), 0)
  const bytes = new Uint8Array(headerBytes + 2 * tokenizer.length + 4 * words.size + 2 * words.units.length + 4 * lengths.length + 4 * total)
  const writer = createWriter(bytes)
  for (const letter of magic) writer.u8(letter.charCodeAt(0))
  writer.u32(version)
  writer.u32(0)
  writer.f64(filter.index.threshold)
  for (const count of [tokenizer.length, words.size, words.units.length, lengths.length, total]) writer.u32(count)
  for (let i = 0; i < tokenizer.length; i++) writer.u16(tokenizer.charCodeAt(i))
  for (const end of words.ends) writer.u32(end)
  for (const unit of words.units) writer.u16(unit)
  for (const length of lengths) writer.u32(length)
  for (let entry = 0; entry < entries.size; entry++) {
    for (let i = 0; i < lengths[entry]!; i++) writer.u32(entries.words[entries.start(entry) + i]!)
  }
  new DataView(bytes.buffer).setUint32(checksumAt, checksumAround(bytes, checksumAt), true)
  return bytes
}

/** Threshold and tokenizer of a snapshot, once its frame has been found intact. Throws RangeError saying what is wrong with it. */
export function readSnapshotHeader(bytes: Uint8Array): { readonly threshold: number; readonly tokenizer: string; readonly counts: readonly number[] } {
  const expect = (holds: boolean, found: string): void => {
    if (!holds) throw new RangeError(`Novelty index: cannot restore the snapshot: ${found}`)
  }
  expect(bytes.length >= headerBytes && [...magic].every((letter, i) => bytes[i] === letter.charCodeAt(0)), 'it is not one')
  const reader = createReader(bytes, magic.length)
  const found = reader.u32()
  expect(found === version, `its version is ${found}, this release reads ${version}`)
  const sum = reader.u32()
  const threshold = reader.f64()
  const counts = [reader.u32(), reader.u32(), reader.u32(), reader.u32(), reader.u32()]
  const [name, words, units, entries, total] = counts as [number, number, number, number, number]
  const expected = headerBytes + 2 * name + 4 * words + 2 * units + 4 * entries + 4 * total
  expect(bytes.length === expected, `it has ${bytes.length} bytes and should have ${expected}: it was cut or joined`)
  expect(sum === checksumAround(bytes, checksumAt), 'its checksum does not match: it was changed')
  let tokenizer = ''
  for (let i = 0; i < name; i++) tokenizer += String.fromCharCode(reader.u16())
  return { threshold, tokenizer, counts }
}

/** Fills an empty index. Cost O(words), in one piece: some microseconds per entry. */
export function decodeSnapshot(bytes: Uint8Array, filter: FilterIndex): void {
  const { counts } = readSnapshotHeader(bytes)
  const [name, wordCount, unitCount, entryCount, total] = counts as [number, number, number, number, number]
  const reader = createReader(bytes, headerBytes + 2 * name)
  const ends = reader.i32s(wordCount)
  const units = new Uint16Array(unitCount)
  for (let i = 0; i < unitCount; i++) units[i] = reader.u16()
  const lengths = reader.i32s(entryCount)
  const consistent =
    ends.every((end, word) => end >= (ends[word - 1] ?? 0) && end <= unitCount) &&
    lengths.every((length) => length >= -1) &&
    lengths.reduce((sum, length) => sum + Math.max(0, length), 0) === total
  if (!consistent) throw new RangeError('Novelty index: cannot restore the snapshot: its lengths contradict each other')

  for (let word = 0; word < wordCount; word++) {
    const [start, end] = [word === 0 ? 0 : ends[word - 1]!, ends[word]!]
    let hash = hashStart
    for (let i = start; i < end; i++) hash = hashUnit(hash, units[i]!)
    filter.words.insert(units, start, end, finishHash(hash))
  }
  for (const length of lengths) {
    const numbers = reader.i32s(Math.max(0, length))
    if (!numbers.every((number) => number >= 0 && number < wordCount))
      throw new RangeError('Novelty index: cannot restore the snapshot: it names words it does not have')
    if (length < 0) filter.entries.addRemoved()
    else filter.restoreEntry(numbers, wordCount)
  }
  filter.rebuild()
}
