import { grow } from './grow.ts'

/** Block sizes of lists: 1, 2, 4, 6, 8, then each about a quarter larger: 10, 12, 16, 20, 24, … */
const capacities: number[] = [1, 2, 4, 6, 8, 10, 12]
while (capacities.at(-1)! < 2 ** 29) capacities.push(2 * capacities.at(-3)!)
/** Lists up to this size are not worth sorting. */
const unsorted = 48
/** A typed array of 64-bit integers over pairs of 32-bit ones sorts by the second of a pair on little-endian machines, else by the first. */
const highFirst = new Uint8Array(new Uint32Array([1]).buffer)[0] === 0

/** A list's record in `records`. */
export const listSize = 4
/** Fields of a record: where the list's block begins, postings in it, how many of them (from the start) are in order of place, block size class. */
export const [blockField, countField, sortedField, classField] = [0, 1, 2, 3] as const

/**
 * Lists of postings (entry, place, digest), one per occurrence, in three arenas: 10 bytes a posting. A `place` orders by text length, then by
 * position in the text.
 *
 * A list grows by moving to a larger block; then its postings are sorted by place, so the first `sorted` of them are in order and the
 * rest, at most a fifth or so, are not. Pushing costs O(1) amortised (about five moves of a posting in all) and pauses for one list at most.
 */
export class PostingLists {
  /** (lists, listSize), row-major. */
  records = new Int32Array(16 * listSize)
  entries: Int32Array
  places: Uint16Array
  digests: Int32Array
  /** Sum over lists of count²: the postings touched if every entry were asked about, without bounds on length. */
  selfJoinCost = 0
  #end = 0
  /** Reused by every sort: short-lived buffers would make the engine collect garbage far too often. */
  #pairs = new Int32Array(16)
  #pairsAs64 = new BigUint64Array(this.#pairs.buffer)
  /** By class: the last block given back, whose first entry names the one before. */
  readonly #free = new Int32Array(capacities.length).fill(-1)
  readonly #isGone: (entry: number) => boolean

  constructor(roomForPostings: number, isGone: (entry: number) => boolean) {
    this.entries = new Int32Array(Math.max(1024, roomForPostings))
    this.places = new Uint16Array(Math.max(1024, roomForPostings))
    this.digests = new Int32Array(Math.max(1024, roomForPostings))
    this.#isGone = isGone
  }

  push(list: number, entry: number, place: number, digest: number): void {
    const record = list * listSize
    if (record + listSize > this.records.length) this.records = grow(this.records, record + listSize)
    if (this.records[record + countField] === 0) this.#begin(record)
    else if (this.records[record + countField] === capacities[this.records[record + classField]!]) this.#move(record)
    const count = this.records[record + countField]!
    const at = this.records[record + blockField]! + count
    this.entries[at] = entry
    this.places[at] = place
    this.digests[at] = digest
    this.selfJoinCost += 2 * count + 1
    this.records[record + countField] = count + 1
  }

  /** Postings in a list that may not exist yet. */
  count(list: number): number {
    const at = list * listSize + countField
    return at < this.records.length ? this.records[at]! : 0
  }

  get used(): number {
    return this.#end
  }

  get bytes(): number {
    return 10 * this.entries.length + 4 * this.records.length
  }

  #begin(record: number): void {
    this.records[record + classField] = 0
    this.records[record + sortedField] = 0
    this.records[record + blockField] = this.#take(0)
  }

  #move(record: number): void {
    const from = this.records[record + blockField]!
    const count = this.records[record + countField]!
    const oldClass = this.records[record + classField]!
    const to = this.#take(oldClass + 1)
    if (count > unsorted) this.#merge(record, from, to)
    else for (let i = 0; i < count; i++) this.#copy(from + i, to + i)
    this.entries[from] = this.#free[oldClass]!
    this.#free[oldClass] = from
    this.records[record + blockField] = to
    this.records[record + classField] = oldClass + 1
  }

  /** Copies a list with its unsorted end sorted in, without the entries that are gone. */
  #merge(record: number, from: number, to: number): void {
    const count = this.records[record + countField]!
    const middle = from + this.records[record + sortedField]!
    this.#sortTail(middle, from + count)
    const tail = this.#pairs
    const tailEnd = 2 * (from + count - middle)
    let i = from
    let out = to
    for (let j = 0; j < tailEnd; j += 2) {
      const posting = tail[j + (highFirst ? 1 : 0)]!
      const place = tail[j + (highFirst ? 0 : 1)]!
      for (; i < middle && this.places[i]! <= place; i++) if (!this.#isGone(this.entries[i]!)) this.#copy(i, out++)
      if (!this.#isGone(this.entries[posting]!)) this.#copy(posting, out++)
    }
    for (; i < middle; i++) if (!this.#isGone(this.entries[i]!)) this.#copy(i, out++)
    this.selfJoinCost += (out - to) ** 2 - count ** 2
    this.records[record + countField] = out - to
    this.records[record + sortedField] = out - to
  }

  /** Writes pairs (posting, place) of [start, end) into #pairs, by place. */
  #sortTail(start: number, end: number): void {
    if (this.#pairs.length < 2 * (end - start)) {
      this.#pairs = new Int32Array(4 * (end - start))
      this.#pairsAs64 = new BigUint64Array(this.#pairs.buffer)
    }
    const pairs = this.#pairs
    for (let i = start; i < end; i++) {
      pairs[2 * (i - start) + (highFirst ? 1 : 0)] = i
      pairs[2 * (i - start) + (highFirst ? 0 : 1)] = this.places[i]!
    }
    this.#pairsAs64.subarray(0, end - start).sort()
  }

  #copy(from: number, to: number): void {
    this.entries[to] = this.entries[from]!
    this.places[to] = this.places[from]!
    this.digests[to] = this.digests[from]!
  }

  #take(sizeClass: number): number {
    const free = this.#free[sizeClass]!
    if (free >= 0) {
      this.#free[sizeClass] = this.entries[free]!
      return free
    }
    const start = this.#end
    this.#end += capacities[sizeClass]!
    if (this.#end > this.entries.length) {
      this.entries = grow(this.entries, this.#end)
      this.places = grow(this.places, this.#end)
      this.digests = grow(this.digests, this.#end)
    }
    return start
  }
}
