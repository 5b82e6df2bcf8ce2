import { grow } from './grow.ts'

/** A word's record: the text it was last seen in, its latest occurrence there, its first occurrence of all. */
const recordSize = 3
const [seenInField, latestField, firstField] = [0, 1, 2] as const

/**
 * Numbers occurrences: the k-th time a word stands in a text is one thing, so that two texts share as many occurrences as their multisets
 * of words overlap, and no set needs counts. The LCS of two texts is at most that overlap.
 *
 * Numbers are dense and never change. `frequencies` counts, for each, the entries that have it.
 */
export class Occurrences {
  size = 0
  frequencies = new Int32Array(16)
  /** (words, recordSize), row-major. Numbers of occurrences are kept plus one; 0 is none. */
  #words = new Int32Array(16 * recordSize)
  /** By occurrence: one more of the same word, plus one; 0 is none. */
  #next = new Int32Array(16)
  #text = 0

  /** Makes room for the words up to `count`. */
  reserveWords(count: number): void {
    if (count * recordSize > this.#words.length) this.#words = grow(this.#words, count * recordSize)
  }

  /**
   * Writes the occurrences of words[from, to) into `out` and returns how many there are. Words below 0 and repetitions that no entry
   * ever had are left out, unless `create`, which numbers them.
   */
  of(words: Int32Array, from: number, to: number, out: Int32Array, create: boolean): number {
    this.#text = (this.#text + 1) | 0
    const text = this.#text
    const records = this.#words
    let count = 0
    for (let i = from; i < to; i++) {
      if (words[i]! < 0) continue
      const record = words[i]! * recordSize
      let occurrence: number
      if (records[record + seenInField] === text) {
        const latest = records[record + latestField]!
        occurrence = latest === 0 ? 0 : this.#next[latest - 1]!
        if (occurrence === 0 && create) {
          occurrence = this.#number()
          this.#next[latest - 1] = occurrence
        }
      } else {
        records[record + seenInField] = text
        occurrence = records[record + firstField]!
        if (occurrence === 0 && create) {
          occurrence = this.#number()
          records[record + firstField] = occurrence
        }
      }
      records[record + latestField] = occurrence
      if (occurrence !== 0) out[count++] = occurrence - 1
    }
    return count
  }

  get bytes(): number {
    return 4 * (this.frequencies.length + this.#words.length + this.#next.length)
  }

  /** A new number, plus one. */
  #number(): number {
    this.size++
    if (this.size > this.frequencies.length) {
      this.frequencies = grow(this.frequencies, this.size)
      this.#next = grow(this.#next, this.size)
    }
    return this.size
  }
}
