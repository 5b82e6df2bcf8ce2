import { rougeLF } from '../rouge-l.ts'
import { countBits, countBits64 } from './bits.ts'
import { boundedLcs } from './bounded-lcs.ts'
import { bitsField, type Entries, highField, lengthField, lowField, recordSize, seenField } from './entries.ts'
import { grow } from './grow.ts'
import { blockField, countField, listSize, type PostingLists, sortedField } from './posting-lists.ts'
import { lengthShift, longLength, type PrefixIndex, placeOf } from './prefix-index.ts'
import type { Probe } from './probe.ts'
import { halfOf, requiredOverlap } from './required-overlap.ts'

/** An indexed text, by the number `add` gave it, and its score (ROUGE-L F, or cosine) with the text asked about. */
export type Neighbour = { readonly entry: number; readonly score: number }

/** A scan spends about as long on an entry as the index on a posting; where the index would touch more than this share of the pool, scan. */
const postingsPerEntry = 0.75

/**
 * Finds what is similar to a probe: through the prefix index, or by a scan where the index would touch more than it spares.
 *
 * Each candidate passes, in order: length and position bounds on the overlap (from the posting), a bound from 64-bit signatures,
 * and an LCS that gives up early. What is left is decided by the float64 F alone.
 */
export class Search {
  /** Since the beginning: postings touched, LCS computed, questions answered by a scan. */
  readonly work = { postings: 0, compared: 0, scans: 0 }
  readonly #entries: Entries
  #stamp = 0
  /** By length n, from #shortest to #longest: the least overlap with the probe that can still matter. */
  #needs = new Int32Array(8)
  #shortest = 0
  #longest = 0
  /** Scores above it matter, and in a search for the nearest equal ones of earlier entries. */
  #floor = 0
  #best = -1
  #collected: Neighbour[] | undefined
  #candidates = new Int32Array(8)

  constructor(entries: Entries) {
    this.#entries = entries
  }

  /** The most similar entry scoring above `floor`, the earliest on ties. */
  nearest(probe: Probe, index: PrefixIndex, floor: number): Neighbour | undefined {
    this.#run(probe, index, floor, undefined)
    return this.#best < 0 ? undefined : { entry: this.#best, score: this.#floor }
  }

  /** Every entry scoring above `floor`, by entry. */
  range(probe: Probe, index: PrefixIndex, floor: number): Neighbour[] {
    const found: Neighbour[] = []
    this.#run(probe, index, floor, found)
    return found.sort((a, b) => a.entry - b.entry)
  }

  #run(probe: Probe, index: PrefixIndex, floor: number, collected: Neighbour[] | undefined): void {
    this.#best = -1
    this.#collected = collected
    if (probe.length === 0) return
    if (++this.#stamp > 0x7fffffff) {
      this.#entries.forgetSeen()
      this.#stamp = 1
    }
    this.#raise(probe, floor)
    if (floor < index.threshold || this.#isTooBroad(probe, index.lists)) this.#scan(probe)
    else this.#probeLists(probe, index.lists)
  }

  /** Whether the lists to look through are about as long as the pool. */
  #isTooBroad(probe: Probe, lists: PostingLists): boolean {
    const { size } = this.#entries
    if (lists.selfJoinCost < 0.1 * size * size) return false // on average they are far from it
    const limit = postingsPerEntry * size
    return this.#sumLists(probe, lists, false) > limit && this.#sumLists(probe, lists, true) > limit
  }

  /** Sets the floor, and with it the lengths that can reach it and the overlaps they need. */
  #raise(probe: Probe, floor: number): void {
    const half = halfOf(floor)
    const ratio = half / (1 - half)
    const m = probe.length
    this.#floor = floor
    this.#shortest = Math.max(1, Math.floor(m * ratio))
    this.#longest = Math.min(this.#entries.longest, Math.ceil(m / ratio) + 1)
    if (this.#longest >= this.#needs.length) this.#needs = grow(this.#needs, this.#longest + 1)
    const needs = this.#needs
    for (let n = this.#shortest; n <= this.#longest; n++) needs[n] = requiredOverlap(half, m, n)
    while (this.#shortest <= this.#longest && needs[this.#shortest]! > this.#shortest) this.#shortest++
    while (this.#longest >= this.#shortest && needs[this.#longest]! > m) this.#longest--
  }

  /** Postings in the lists a pair that matters must meet in; of the sorted ones, with `bounded`, those of the right lengths only. */
  #sumLists(probe: Probe, lists: PostingLists, bounded: boolean): number {
    const needs = this.#needs
    let longest = this.#longest
    let sum = 0
    for (let i = 0; i < probe.known; i++) {
      const left = probe.length - probe.unknown - i
      while (longest >= this.#shortest && needs[longest]! > left) longest--
      if (longest < this.#shortest) break
      const count = lists.count(probe.occurrences[i]!)
      sum += count
      if (!bounded || count === 0) continue
      const record = probe.occurrences[i]! * listSize
      const start = lists.records[record + blockField]!
      const middle = start + lists.records[record + sortedField]!
      const from = lowerBound(lists.places, start, middle, placeOf(this.#shortest, 0))
      const to = lowerBound(lists.places, from, middle, placeOf(longest, 0) + (1 << lengthShift))
      sum += to - from - (middle - start)
    }
    return sum
  }

  #probeLists(probe: Probe, lists: PostingLists): void {
    probe.mask()
    let longest = this.#longest
    for (let i = 0; i < probe.known; i++) {
      const left = probe.length - probe.unknown - i
      if (longest > this.#longest) longest = this.#longest // it falls with every better one found
      while (longest >= this.#shortest && this.#needs[longest]! > left) longest--
      if (longest < this.#shortest) return
      const list = probe.occurrences[i]!
      const count = lists.count(list)
      if (count === 0) continue
      if (this.#candidates.length < count) this.#candidates = grow(this.#candidates, count)
      const found = this.#filterList(lists, list, longest, probe.digests[i]!, probe.known - i)
      for (let j = 0; j < found; j++) this.#consider(probe, this.#candidates[j]!)
    }
  }

  /**
   * Writes the entries of a list that pass the bounds of their postings into #candidates. `digest` is that of the `left` - 1 occurrences of
   * the probe after the list's own.
   */
  #filterList(lists: PostingLists, list: number, longest: number, digest: number, left: number): number {
    const { places, digests, entries } = lists
    const record = list * listSize
    const end = lists.records[record + blockField]! + lists.records[record + countField]!
    const middle = lists.records[record + blockField]! + lists.records[record + sortedField]!
    const from = placeOf(this.#shortest, 0)
    const to = placeOf(longest, 0) + (1 << lengthShift)
    const candidates = this.#candidates
    const needs = this.#needs
    let found = 0
    let at = lists.records[record + blockField]!
    if (at < middle) at = lowerBound(places, at, middle, from)
    const first = at
    let skipped = 0
    for (; at < end; at++) {
      const place = places[at]!
      if (place < from) continue // not in the sorted part
      if (place >= to) {
        if (at >= middle) continue
        skipped = middle - 1 - at
        at = middle - 1
        continue
      }
      const length = place >>> lengthShift
      if (length !== longLength) {
        const spare = length - (place & ((1 << lengthShift) - 1)) - needs[length]!
        // Occurrences of the entry after this one that the probe does not have, and the other way round.
        if (spare < 0 || countBits(digests[at]! & ~digest) > spare || countBits(digest & ~digests[at]!) > left - needs[length]!) continue
      }
      candidates[found++] = entries[at]!
    }
    this.work.postings += end - first - skipped
    return found
  }

  #consider(probe: Probe, entry: number): void {
    const { records } = this.#entries
    const record = entry * recordSize
    if (records[record + seenField] === this.#stamp) return
    records[record + seenField] = this.#stamp
    const length = records[record + lengthField]! // -1, shorter than any, when it was removed
    if (length < this.#shortest || length > this.#longest) return
    const need = this.#needs[length]!
    const common = countBits64(records[record + lowField]! & probe.low, records[record + highField]! & probe.high)
    if (common >= need - probe.spare && common >= need - length + records[record + bitsField]!) this.#compare(probe, entry, length)
  }

  /** As #consider, for every entry; written out because nothing else matters where a scan is needed. */
  #scan(probe: Probe): void {
    probe.mask()
    this.work.scans++
    const { records, size } = this.#entries
    const { low, high, spare } = probe
    const needs = this.#needs
    let shortest = this.#shortest
    let longest = this.#longest
    for (let entry = 0, record = 0; entry < size; entry++, record += recordSize) {
      const length = records[record + lengthField]!
      if (length < shortest || length > longest) continue
      const need = needs[length]!
      const common = countBits64(records[record + lowField]! & low, records[record + highField]! & high)
      if (common < need - spare || common < need - length + records[record + bitsField]!) continue
      this.#compare(probe, entry, length)
      shortest = this.#shortest
      longest = this.#longest
    }
  }

  /** LCS and decision. */
  #compare(probe: Probe, entry: number, length: number): void {
    this.work.compared++
    const lcs = boundedLcs(probe, this.#entries.words, this.#entries.start(entry), length, this.#needs[length]!)
    if (lcs < 0) return
    const score = rougeLF(lcs, probe.length, length)
    if (this.#collected !== undefined) {
      if (score > this.#floor) this.#collected.push({ entry, score })
    } else if (score > this.#floor || (score === this.#floor && entry < this.#best)) {
      this.#best = entry
      if (score > this.#floor) this.#raise(probe, score)
    }
  }
}

/** The first place in sorted places[start, end) that is not below `place`, or `end`. */
function lowerBound(places: Uint16Array, start: number, end: number, place: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if (places[middle]! < place) low = middle + 1
    else high = middle
  }
  return low
}
