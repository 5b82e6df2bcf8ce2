import { grow } from './grow.ts'

/**
 * Numbers words 0, 1, … in order of first sight. A hash table over UTF-16 code units in typed arrays: no string is made to look a word up,
 * and a word costs about 30 bytes.
 *
 * Open addressing with linear probing, at most half full (Knuth, TAOCP 3, 6.4). Words with equal hashes are told apart by their units.
 */
export class WordTable {
  size = 0
  /** Pairs (hash, word + 1); 0 in the second place is a free slot. */
  #slots = new Int32Array(2 * 16)
  #ends = new Int32Array(16)
  #units = new Uint16Array(16)

  /** The number of the word units[start, end), or -1. `hash` is {@link hashUnits} of it. */
  find(units: Uint16Array, start: number, end: number, hash: number): number {
    const slots = this.#slots
    const mask = (slots.length >>> 1) - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const word = slots[2 * slot + 1]! - 1
      if (word < 0) return -1
      if (slots[2 * slot] === hash && this.#equals(word, units, start, end)) return word
    }
  }

  /** Numbers a word that `find` does not know. */
  insert(units: Uint16Array, start: number, end: number, hash: number): number {
    const word = this.size++
    if (4 * this.size > this.#slots.length) this.#rehash()
    this.#place(hash, word)
    const from = word === 0 ? 0 : this.#ends[word - 1]!
    this.#units = grow(this.#units, from + end - start)
    for (let i = start; i < end; i++) this.#units[from + i - start] = units[i]!
    this.#ends = grow(this.#ends, this.size)
    this.#ends[word] = from + end - start
    return word
  }

  /** (size,) where each word's units end in {@link units}. */
  get ends(): Int32Array {
    return this.#ends.subarray(0, this.size)
  }

  /** The units of all words, one after another. */
  get units(): Uint16Array {
    return this.#units.subarray(0, this.size === 0 ? 0 : this.#ends[this.size - 1])
  }

  /** Bytes held. */
  get bytes(): number {
    return this.#slots.byteLength + this.#ends.byteLength + this.#units.byteLength
  }

  #equals(word: number, units: Uint16Array, start: number, end: number): boolean {
    const from = word === 0 ? 0 : this.#ends[word - 1]!
    if (this.#ends[word]! - from !== end - start) return false
    const own = this.#units
    for (let i = start; i < end; i++) if (own[from + i - start] !== units[i]) return false
    return true
  }

  #place(hash: number, word: number): void {
    const mask = (this.#slots.length >>> 1) - 1
    let slot = hash & mask
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask
    this.#slots[2 * slot] = hash
    this.#slots[2 * slot + 1] = word + 1
  }

  #rehash(): void {
    const old = this.#slots
    this.#slots = new Int32Array(2 * old.length)
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.#place(old[i]!, old[i + 1]! - 1)
  }
}

/** Where {@link hashUnit} starts. */
export const hashStart = 0x811c9dc5 | 0

/** FNV-1a (Fowler, Noll, Vo), a code unit at a time. */
export function hashUnit(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193)
}

/** Spreads the last units over the low bits, which choose the slot (the finaliser of MurmurHash3, shortened). */
export function finishHash(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}
