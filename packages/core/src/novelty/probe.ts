import { countBits64 } from './bits.ts'
import { grow } from './grow.ts'
import type { Occurrences } from './occurrences.ts'
import { digestBit, type PrefixIndex } from './prefix-index.ts'

/**
 * One text on its way through the index: its words as numbers, its occurrences in the index's order, its signature,
 * and the bit masks of its words' positions for the LCS. One object serves all questions, one after another.
 */
export class Probe {
  /** m: number of words. Those the index never saw are -1. */
  length = 0
  words = new Int32Array(8)
  /** The known occurrences, in the index's order; the other `unknown` ones come before them all. */
  occurrences = new Int32Array(8)
  known = 0
  unknown = 0
  /** Digests of the known occurrences after each. */
  digests = new Int32Array(8)
  /** The signature: 64 bits, one for each known occurrence, hashed. */
  low = 0
  high = 0
  /** Known occurrences that share their bit with another one. */
  spare = 0
  /** 32-bit words per LCS row. */
  rowWords = 0
  /** By word: 1 + its row in `rows` where the text has it, else 0. With one word per row, the row itself. */
  masks = new Int32Array(16)
  rows = new Int32Array(8)
  /** The row of the LCS under way. */
  row = new Int32Array(8)
  #masked = false

  /** Makes room for a text of `length` words out of `vocabulary`. */
  begin(length: number, vocabulary: number): void {
    this.unmask()
    this.length = length
    this.words = grow(this.words, length)
    this.occurrences = grow(this.occurrences, length)
    this.digests = grow(this.digests, length)
    this.masks = grow(this.masks, vocabulary)
  }

  /** Fills in the occurrences and the signature, from `words`. */
  arrange(occurrences: Occurrences, index: PrefixIndex, create: boolean): void {
    this.known = occurrences.of(this.words, 0, this.length, this.occurrences, create)
    this.unknown = this.length - this.known
    index.sort(this.occurrences, this.known)
    let low = 0
    let high = 0
    let digest = 0
    for (let i = this.known - 1; i >= 0; i--) {
      this.digests[i] = digest
      digest |= digestBit(this.occurrences[i]!)
      const hash = Math.imul(this.occurrences[i]!, 0x9e3779b1)
      if (hash < 0) high |= 1 << (hash >>> 26)
      else low |= 1 << (hash >>> 26)
    }
    this.low = low
    this.high = high
    this.spare = this.known - countBits64(low, high)
  }

  /** Prepares the masks unless they are. */
  mask(): void {
    if (this.#masked) return
    this.#masked = true
    const width = (this.length + 31) >>> 5
    this.rowWords = width
    this.row = grow(this.row, width)
    if (width === 1) {
      for (let i = 0; i < this.length; i++) if (this.words[i]! >= 0) this.masks[this.words[i]!]! |= 1 << i
      return
    }
    this.rows = grow(this.rows, this.length * width)
    this.rows.fill(0, 0, this.length * width)
    let distinct = 0
    for (let i = 0; i < this.length; i++) {
      const word = this.words[i]!
      if (word < 0) continue
      if (this.masks[word] === 0) this.masks[word] = ++distinct
      this.rows[(this.masks[word]! - 1) * width + (i >>> 5)]! |= 1 << (i & 31)
    }
  }

  get bytes(): number {
    return 4 * (this.masks.length + this.rows.length + this.words.length + this.occurrences.length)
  }

  /** Takes the masks back; to be called before `words` changes. */
  unmask(): void {
    if (!this.#masked) return
    this.#masked = false
    for (let i = 0; i < this.length; i++) if (this.words[i]! >= 0) this.masks[this.words[i]!] = 0
  }
}
