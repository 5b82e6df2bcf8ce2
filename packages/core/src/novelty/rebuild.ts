import type { Entries } from './entries.ts'
import { grow } from './grow.ts'
import type { Occurrences } from './occurrences.ts'
import { PostingLists } from './posting-lists.ts'
import { PrefixIndex } from './prefix-index.ts'

/** Work between two yields: some tens of microseconds. */
const [occurrencesPerStep, entriesPerStep] = [4096, 8]

/**
 * Makes a new prefix index over all entries, with the order of today's frequencies, in many small steps. Entries may be added and removed
 * between steps: the last step is taken when none is left out. Cost about 1 µs per entry.
 */
export function* rebuild(entries: Entries, occurrences: Occurrences, threshold: number, roomForPostings: number): Generator<void, PrefixIndex> {
  const byRank = yield* rankByFrequency(occurrences)
  const lists = new PostingLists(roomForPostings, (entry) => entries.length(entry) < 0)
  const index = new PrefixIndex(threshold, byRank, lists)
  let arranged = new Int32Array(128)
  for (let entry = 0; entry < entries.size; entry++) {
    if (entry % entriesPerStep === 0) yield
    const length = entries.length(entry)
    if (length <= 0) continue
    arranged = grow(arranged, length)
    const start = entries.start(entry)
    occurrences.of(entries.words, start, start + length, arranged, false)
    index.sort(arranged, length)
    index.add(entry, arranged, length)
  }
  return index
}

/** (V,) all occurrences, rare ones first: a counting sort, in steps. */
function* rankByFrequency(occurrences: Occurrences): Generator<void, Int32Array> {
  const count = occurrences.size
  const classes = new Uint16Array(count) // the frequencies change between the steps
  const starts = new Int32Array(frequencyClass(0x7fffffff) + 2)
  for (let i = 0; i < count; i++) {
    if (i % occurrencesPerStep === 0) yield
    classes[i] = frequencyClass(occurrences.frequencies[i]!)
    starts[classes[i]! + 1]!++
  }
  for (let i = 1; i < starts.length; i++) starts[i]! += starts[i - 1]!
  const byRank = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    if (i % occurrencesPerStep === 0) yield
    byRank[starts[classes[i]!]!++] = i
  }
  return byRank
}

/** Exact up to 4,095, then 256 classes per doubling. */
function frequencyClass(frequency: number): number {
  return frequency < 4096 ? frequency : 4096 + Math.floor(256 * Math.log2(frequency / 4096))
}
