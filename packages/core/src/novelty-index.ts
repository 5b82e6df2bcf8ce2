import { FilterIndex } from './novelty/filter-index.ts'
import { averageSimilarity, topK } from './novelty/scan.ts'
import type { Neighbour } from './novelty/search.ts'
import { decodeSnapshot, encodeSnapshot, readSnapshotHeader } from './novelty/snapshot.ts'
import { type TokenizerName, tokenizers } from './tokenizers.ts'

export type { Neighbour } from './novelty/search.ts'

export type NoveltyVerdict = {
  /** False when some entry scores above the threshold. */
  readonly novel: boolean
  /** The most similar entry, the earliest on ties; undefined when every score is 0, and for a novel text under `nearest: 'rejected'`. */
  readonly nearest: Neighbour | undefined
}

/**
 * The texts seen so far, asked how new another one is. Entries are numbered 0, 1, … in order of `add`; numbers are never reused.
 *
 * Of `createNoveltyIndex`: scores are ROUGE-L F, and every score, neighbour and decision equals a scan with rouge_score; empty texts score 0
 * with everything. Of `createSemanticIndex`: items are embedding rows and scores cosines.
 */
export interface NoveltyIndex<Item = string> {
  /** Entries present (removed ones not counted). */
  readonly size: number
  /** Adds a text whatever it resembles and returns its entry number. A text that was just judged is not tokenised again. */
  add(item: Item): number
  /** Whether the text's highest score is at most `threshold` (rouge_score: rejected when greater), and its nearest entry. Adds nothing. */
  judge(item: Item, threshold: number): NoveltyVerdict
  /** The k most similar entries with a score above 0, best first, ties by lower entry. Cost O(entries). */
  topK(item: Item, k: number): Neighbour[]
  /** All entries scoring above the threshold, by entry. */
  range(item: Item, threshold: number): Neighbour[]
  /** Mean score over all entries; NaN for an empty index. Self-Instruct records it as `avg_similarity_score`. Cost O(entries). */
  averageSimilarity(item: Item): number
  /** Takes an entry out; false when it was not there. */
  remove(entry: number): boolean
  /** Everything needed to go on elsewhere: versioned, checked when read, the same bytes on every machine. */
  snapshot(): Uint8Array
  /** What the index holds and did; for measuring. */
  statistics(): NoveltyStatistics
}

export type NoveltyStatistics = {
  /** Of all arrays, room for growth included. */
  readonly bytes: number
  /** Postings (or proposals of a neighbour search) looked at, pairs that were compared, questions answered by a scan; since the index was made. */
  readonly postings: number
  readonly compared: number
  readonly scans: number
  readonly rebuilds: number
}

export type NoveltyIndexOptions = {
  /** How texts are split into words. `rouge` is rouge_score's way; `unicode` is for scripts it drops. @default 'rouge' */
  readonly tokenizer?: TokenizerName | undefined
  /** A tokenizer of your own, instead of a named one. Must give the same words for the same text. */
  readonly tokenize?: ((text: string) => readonly string[]) | undefined
  /**
   * The lowest threshold that will usually be asked about, in [0.3, 1]. Others get the same answers from a slower scan. A higher one makes
   * the index smaller and faster: at 0.7 it lists about half of all words, at 0.3 four fifths. @default 0.3
   */
  readonly threshold?: number | undefined
  /** Whether `judge` names the nearest entry of novel texts too, which costs a multiple of the decision. @default 'always' */
  readonly nearest?: 'always' | 'rejected' | undefined
  /** Continue from `snapshot()` of an index with the same tokenizer. */
  readonly snapshot?: Uint8Array | undefined
}

/**
 * An exact incremental similarity index: prefix filtering over rare words, length, position and signature bounds, bit-parallel LCS.
 *
 * Cost of a decision: mostly tokenising in pools of thousands; from about 100,000 entries on it grows with the pool, as lists of equally
 * rare words grow (bench/results has figures). Where lists would be about as long as the pool (some dozens of different words in all) it
 * scans instead. Memory about 200 bytes per entry of 15 words, its words included, in pools of half a million; more in small ones, where the
 * vocabulary weighs. The order of words is renewed in steps beside the running index; no call waits for it.
 *
 * Throws RangeError for a threshold outside [0.3, 1], an unknown tokenizer, or a snapshot that is damaged, of another version or another tokenizer.
 *
 * @example
 * const index = createNoveltyIndex({ threshold: 0.7 })
 * index.add('Sort the parcels by weight.')
 * index.judge('Sort these parcels by weight.', 0.7) // { novel: false, nearest: { entry: 0, score: 0.8 } }
 */
export function createNoveltyIndex(options: NoveltyIndexOptions = {}): NoveltyIndex {
  const { snapshot, nearest = 'always' } = options
  const tokenizer = options.tokenize === undefined ? (options.tokenizer ?? 'rouge') : 'custom'
  const tokenize = options.tokenize ?? tokenizers[tokenizer as TokenizerName]
  if (tokenize === undefined) throw new RangeError(`createNoveltyIndex: expected a tokenizer of ${Object.keys(tokenizers).join(', ')}; got ${tokenizer}`)
  const header = snapshot && readSnapshotHeader(snapshot)
  if (header !== undefined && header.tokenizer !== tokenizer)
    throw new RangeError(`createNoveltyIndex: the snapshot was made with the tokenizer ${header.tokenizer}; got ${tokenizer}`)
  const threshold = options.threshold ?? header?.threshold ?? 0.3
  if (!(threshold >= 0.3 && threshold <= 1)) throw new RangeError(`createNoveltyIndex: expected a threshold in [0.3, 1], got ${threshold}`)

  const filter = new FilterIndex(tokenize, threshold)
  if (snapshot !== undefined) decodeSnapshot(snapshot, filter)
  const { entries, search } = filter

  function judge(text: string, asked: number): NoveltyVerdict {
    const probe = filter.prepare(text)
    let found = search.nearest(probe, filter.index, asked)
    if (found !== undefined) return { novel: false, nearest: found }
    if (nearest === 'rejected') return { novel: true, nearest: undefined }
    if (asked > threshold) found = search.nearest(probe, filter.index, threshold)
    return { novel: true, nearest: found ?? search.nearest(probe, filter.index, 0) }
  }

  return {
    get size() {
      return entries.alive
    },
    add: (text) => filter.add(text),
    judge,
    topK(text, k) {
      const probe = filter.prepare(text)
      const close = search.range(probe, filter.index, threshold)
      if (close.length >= k) return close.sort((a, b) => b.score - a.score || a.entry - b.entry).slice(0, Math.max(0, k))
      return topK(probe, entries, k)
    },
    range: (text, asked) => search.range(filter.prepare(text), filter.index, asked),
    averageSimilarity: (text) => averageSimilarity(filter.prepare(text), entries),
    remove: (entry) => filter.remove(entry),
    snapshot: () => encodeSnapshot(filter, tokenizer),
    statistics: () => ({ bytes: filter.bytes, ...search.work, rebuilds: filter.rebuilds }),
  }
}
