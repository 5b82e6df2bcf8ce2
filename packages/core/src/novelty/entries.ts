import { countBits64 } from './bits.ts'
import { grow } from './grow.ts'

/** An entry's record in `records`, one cache line or less: a candidate is mostly ruled out by what stands here. */
export const recordSize = 6
/** Fields of a record: words in the text (-1 when removed), where they begin, 64 hashed bits of its occurrences, how many are set, the search that saw it last. */
export const [lengthField, startField, lowField, highField, bitsField, seenField] = [0, 1, 2, 3, 4, 5] as const

/**
 * The texts of an index as words, by entry number: 24 bytes an entry and 4 a word. The words of a removed entry are given to the next
 * one of the same length.
 */
export class Entries {
  /** Numbers given out so far. */
  size = 0
  /** Numbers that are present. */
  alive = 0
  /** Words of the longest text ever added. */
  longest = 0
  words = new Int32Array(16)
  /** (size, recordSize), row-major. */
  records = new Int32Array(4 * recordSize)
  #wordsEnd = 0
  readonly #free = new Map<number, number[]>()

  add(words: Int32Array, length: number, low: number, high: number): number {
    const entry = this.size++
    const start = this.#room(length)
    this.alive++
    if (length > this.longest) this.longest = length
    for (let i = 0; i < length; i++) this.words[start + i] = words[i]!
    const record = entry * recordSize
    if (record + recordSize > this.records.length) this.records = grow(this.records, record + recordSize)
    this.records[record + lengthField] = length
    this.records[record + startField] = start
    this.records[record + lowField] = low
    this.records[record + highField] = high
    this.records[record + bitsField] = countBits64(low, high)
    return entry
  }

  /** Gives out a number for an entry that is not there, as after `remove`. */
  addRemoved(): void {
    this.remove(this.add(new Int32Array(0), 0, 0, 0))
  }

  /** The words in an entry, -1 when it was removed. */
  length(entry: number): number {
    return this.records[entry * recordSize + lengthField]!
  }

  start(entry: number): number {
    return this.records[entry * recordSize + startField]!
  }

  has(entry: number): boolean {
    return Number.isInteger(entry) && entry >= 0 && entry < this.size && this.length(entry) >= 0
  }

  remove(entry: number): void {
    const length = this.length(entry)
    const blocks = this.#free.get(length) ?? []
    blocks.push(this.start(entry))
    this.#free.set(length, blocks)
    this.records[entry * recordSize + lengthField] = -1
    this.alive--
  }

  forgetSeen(): void {
    for (let entry = 0; entry < this.size; entry++) this.records[entry * recordSize + seenField] = 0
  }

  get bytes(): number {
    return 4 * (this.words.length + this.records.length)
  }

  #room(length: number): number {
    if (this.#free.size > 0) {
      const reused = this.#free.get(length)?.pop()
      if (reused !== undefined) return reused
    }
    const start = this.#wordsEnd
    this.#wordsEnd += length
    if (this.#wordsEnd > this.words.length) this.words = grow(this.words, this.#wordsEnd)
    return start
  }
}
