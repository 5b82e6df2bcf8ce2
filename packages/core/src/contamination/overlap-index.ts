import { overlapWords } from './overlap-words.ts'

export type OverlapOptions = {
  /** Length of the runs that are looked up; shorter overlaps are not seen. @default 8 */
  readonly gramWords?: number | undefined
  /** A run that occurs in more items than this is boilerplate (a benchmark's prompt template) and begins no overlap. @default 10 */
  readonly boilerplateItems?: number | undefined
}

/** What a text has in common with one item. */
export type Overlap = {
  /** The item's place among those indexed. */
  readonly item: number
  /** Words of the longest run that both have. */
  readonly words: number
  /** Where that run stands in the text, in UTF-16 units, end excluded. */
  readonly start: number
  readonly end: number
  /** Share of the item's words that lie in some common run, in (0, 1]. */
  readonly covered: number
}

export type OverlapIndex = {
  /** Number of items. */
  readonly size: number
  /** Every item that has a run of `gramWords` words in common with the text, longest run first, ties by item. */
  find(text: string): Overlap[]
}

const none = -1

/**
 * Finds runs of equal words between texts and a fixed set of items, exactly: no hash decides anything.
 *
 * Each item's runs of n words are indexed at their first place in the item. A text is read once; where one of its runs is known, the
 * overlap is followed word by word for as long as both go on alike. Of an item that repeats itself, an overlap may be reported shorter
 * than it is; never longer.
 *
 * Building costs O(W) time and about 16 bytes for each of the W words; a look-up O(w · boilerplateItems) for a text of w words, whatever the text.
 *
 * Sources: n-gram overlap as evidence of contamination, and leaving out n-grams of more than ten documents: Brown et al. 2020 (GPT-3), appendix C;
 * coverage of the item by common runs: Touvron et al. 2023 (Llama 2), appendix A.6, without its skip-grams.
 *
 * @example createOverlapIndex(['the cat sat on the mat'], { gramWords: 3 }).find('A cat sat on it')
 * // [{ item: 0, words: 3, start: 2, end: 12, covered: 0.5 }]
 */
export function createOverlapIndex(items: readonly string[], { gramWords: n = 8, boilerplateItems = 10 }: OverlapOptions = {}): OverlapIndex {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`createOverlapIndex: expected gramWords ≥ 1, got ${n}`)
  const vocabulary = new Map<string, number>()
  const idOf = (word: string): number => {
    const id = vocabulary.get(word) ?? vocabulary.size
    if (id === vocabulary.size) vocabulary.set(word, id)
    return id
  }
  const wordsOf = items.map((item) => overlapWords(item).map(({ word }) => idOf(word)))
  const begins = new Int32Array(items.length + 1) // of each item in `words`
  for (const [i, ids] of wordsOf.entries()) begins[i + 1] = begins[i]! + ids.length
  const words = new Int32Array(begins[items.length]!)
  for (const [i, ids] of wordsOf.entries()) words.set(ids, begins[i]!)

  const buckets = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(16, words.length)))).fill(none)
  const nextInBucket = new Int32Array(words.length).fill(none) // different runs of one bucket, by where they first occur
  const nextOccurrence = new Int32Array(words.length).fill(none) // the same run in later items
  const itemsWithRun = new Int32Array(words.length) // of a run, at its first occurrence
  const lastOccurrence = new Int32Array(words.length)

  for (let item = 0; item < items.length; item++) {
    for (let at = begins[item]!; at + n <= begins[item + 1]!; at++) index(at, item)
  }

  function index(at: number, item: number): void {
    const bucket = bucketOf(words, at)
    const first = firstOccurrence(bucket, words, at)
    if (first === none) {
      nextInBucket[at] = buckets[bucket]!
      buckets[bucket] = at
      itemsWithRun[at] = 1
      lastOccurrence[at] = at
      return
    }
    const last = lastOccurrence[first]!
    if (last >= begins[item]! || itemsWithRun[first]! > boilerplateItems) return
    itemsWithRun[first]!++
    nextOccurrence[last] = at
    lastOccurrence[first] = at
  }

  function bucketOf(ids: ArrayLike<number>, at: number): number {
    let hash = 0x811c9dc5
    for (let i = at; i < at + n; i++) hash = Math.imul(hash ^ ids[i]!, 0x01000193) ^ (hash >>> 15)
    return (hash ^ (hash >>> 13)) & (buckets.length - 1)
  }

  function firstOccurrence(bucket: number, ids: ArrayLike<number>, at: number): number {
    for (let run = buckets[bucket]!; run !== none; run = nextInBucket[run]!) {
      let i = 0
      while (i < n && words[run + i] === ids[at + i]) i++
      if (i === n) return run
    }
    return none
  }

  /** The item a word of `words` belongs to. */
  function itemAt(at: number): number {
    let [low, high] = [0, items.length]
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (begins[middle]! <= at) low = middle
      else high = middle
    }
    return low
  }

  function find(text: string): Overlap[] {
    const placed = overlapWords(text)
    const ids = placed.map(({ word }) => vocabulary.get(word) ?? none)
    const open = new Map<number, Run>() // by item
    const found = new Map<number, Run[]>()
    const close = (item: number, run: Run): void => {
      open.delete(item)
      const runs = found.get(item)
      if (runs === undefined) found.set(item, [run])
      else runs.push(run)
    }
    for (let at = 0; at + n <= ids.length; at++) {
      for (const [item, run] of open) {
        const next = run.inItem + run.length
        if (next < begins[item + 1]! && words[next] === ids[at + n - 1]) run.length++
        else close(item, run)
      }
      const first = firstOccurrence(bucketOf(ids, at), ids, at)
      if (first === none || itemsWithRun[first]! > boilerplateItems) continue
      for (let run = first; run !== none; run = nextOccurrence[run]!) {
        const item = itemAt(run)
        if (!open.has(item)) open.set(item, { inText: at, inItem: run, length: n })
      }
    }
    for (const [item, run] of open) close(item, run)
    return [...found].map(([item, runs]) => overlapOf(item, runs)).sort((a, b) => b.words - a.words || a.item - b.item)

    function overlapOf(item: number, runs: readonly Run[]): Overlap {
      const longest = runs.reduce((best, run) => (run.length > best.length ? run : best))
      return {
        item,
        words: longest.length,
        start: placed[longest.inText]!.start,
        end: placed[longest.inText + longest.length - 1]!.end,
        covered: wordsCovered(runs) / (begins[item + 1]! - begins[item]!),
      }
    }
  }

  return { size: items.length, find }
}

/** A common run: its first word in the text and in the index, and its length. */
type Run = { readonly inText: number; readonly inItem: number; length: number }

/** Words of the item in the union of its runs. */
function wordsCovered(runs: readonly Run[]): number {
  let covered = 0
  let end = none
  for (const { inItem, length } of [...runs].sort((a, b) => a.inItem - b.inItem)) {
    covered += Math.max(0, inItem + length - Math.max(end, inItem))
    end = Math.max(end, inItem + length)
  }
  return covered
}
