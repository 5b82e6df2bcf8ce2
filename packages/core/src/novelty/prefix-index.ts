import type { PostingLists } from './posting-lists.ts'
import { halfOf, leastOverlap } from './required-overlap.ts'

/** Lengths from this one on share a place; the search looks such lengths up. */
export const longLength = 0x1ff
const lastPosition = 0x7f
export const lengthShift = 7

/** 16 bits: a text's length, above a position in it; both cut to what fits, so a position is never overstated. */
export function placeOf(length: number, position: number): number {
  return (Math.min(length, longLength) << lengthShift) | Math.min(position, lastPosition)
}

/** The bit of an occurrence in the digest of a posting. */
export function digestBit(occurrence: number): number {
  return 1 << (Math.imul(occurrence, 0x85ebca6b) >>> 27)
}

/**
 * An inverted index over the rarest occurrences of each text (prefix filtering: Chaudhuri et al. 2006; Bayardo et al. 2007; Xiao et al. 2008).
 *
 * Occurrences have a fixed total order, rare ones first. If two texts share at least O occurrences, then the first of those they share is among
 * the first m − O + 1 of one and the first n − O + 1 of the other. So an entry of n words is listed under its first n − O + 1 only, O being the
 * least overlap that can matter at `threshold`; at 0.7 that is about half of them. Any order is exact as long as it does not change.
 * A posting's digest has one of 32 bits set for each occurrence that comes after its own: if that one is the first shared, all others are there.
 */
export class PrefixIndex {
  readonly threshold: number
  readonly lists: PostingLists
  /** Occurrences ranked when the index was made; those numbered later come before all of them, youngest first. */
  readonly #ranks: Int32Array
  readonly #byRank: Int32Array
  readonly #half: number
  #leastOverlaps = new Int32Array(64)

  constructor(threshold: number, byRank: Int32Array, lists: PostingLists) {
    this.threshold = threshold
    this.lists = lists
    this.#half = halfOf(threshold)
    this.#byRank = byRank
    this.#ranks = new Int32Array(byRank.length)
    for (let rank = 0; rank < byRank.length; rank++) this.#ranks[byRank[rank]!] = rank
  }

  /** Puts occurrences[0, count) into the index's order. */
  sort(occurrences: Int32Array, count: number): void {
    const ranks = this.#ranks
    const ranked = ranks.length
    for (let i = 0; i < count; i++) {
      const occurrence = occurrences[i]!
      occurrences[i] = occurrence < ranked ? ranks[occurrence]! : ~occurrence
    }
    if (count > 40) occurrences.subarray(0, count).sort()
    else insertionSort(occurrences, count)
    for (let i = 0; i < count; i++) {
      const rank = occurrences[i]!
      occurrences[i] = rank < 0 ? ~rank : this.#byRank[rank]!
    }
  }

  /** Lists an entry under its first occurrences. `occurrences` must be in order. Empty texts are listed nowhere. */
  add(entry: number, occurrences: Int32Array, length: number): void {
    if (length === 0) return
    const listed = length - this.#leastOverlap(length) + 1
    let digest = 0
    for (let position = length - 1; position >= 0; position--) {
      const occurrence = occurrences[position]!
      if (position < listed) this.lists.push(occurrence, entry, placeOf(length, position), digest)
      digest |= digestBit(occurrence)
    }
  }

  get bytes(): number {
    return this.lists.bytes + 4 * (this.#ranks.length + this.#byRank.length)
  }

  #leastOverlap(length: number): number {
    if (length >= 4096) return leastOverlap(this.#half, length)
    while (length >= this.#leastOverlaps.length) {
      const longer = new Int32Array(2 * this.#leastOverlaps.length)
      longer.set(this.#leastOverlaps)
      this.#leastOverlaps = longer
    }
    if (this.#leastOverlaps[length] === 0) this.#leastOverlaps[length] = leastOverlap(this.#half, length)
    return this.#leastOverlaps[length]!
  }
}

function insertionSort(numbers: Int32Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const number = numbers[i]!
    let j = i
    for (; j > 0 && numbers[j - 1]! > number; j--) numbers[j] = numbers[j - 1]!
    numbers[j] = number
  }
}
