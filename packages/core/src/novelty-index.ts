import { createLcsPattern, type LcsPattern, lcsOfPattern } from './longest-common-subsequence.ts'
import { rougeLF } from './rouge-l.ts'
import { tokenizeRouge } from './tokenize-rouge.ts'
import { createVocabulary } from './vocabulary.ts'

/** An indexed text, by the number `add` gave it, and its ROUGE-L F with the text asked about. */
export type Neighbour = { readonly entry: number; readonly score: number }

export type NoveltyVerdict = {
  /** False when some entry scores above the threshold. */
  readonly novel: boolean
  /** The most similar entry, the earliest on ties; undefined when every score is 0. */
  readonly nearest: Neighbour | undefined
}

/**
 * The texts seen so far, asked how new another one is. Exact: every score, neighbour and decision equals a scan with rouge_score.
 * Entries are numbered 0, 1, … in order of `add`; numbers are never reused. Empty texts score 0 with everything.
 */
export interface NoveltyIndex {
  /** Entries present (removed ones not counted). */
  readonly size: number
  /** Adds a text whatever it resembles and returns its entry number. */
  add(text: string): number
  /** Whether the text's highest score is at most `threshold` (rouge_score: rejected when greater), and its nearest entry. Adds nothing. */
  judge(text: string, threshold: number): NoveltyVerdict
  /** The k most similar entries with a score above 0, best first, ties by lower entry. */
  topK(text: string, k: number): Neighbour[]
  /** All entries scoring above the threshold, by entry. */
  range(text: string, threshold: number): Neighbour[]
  /** Mean score over all entries; NaN for an empty index. Self-Instruct records it as `avg_similarity_score`. */
  averageSimilarity(text: string): number
  /** Takes an entry out; false when it was not there. */
  remove(entry: number): boolean
  /** Everything needed to go on elsewhere, as plain JSON. */
  snapshot(): NoveltySnapshot
}

export type NoveltySnapshot = { readonly version: 1; readonly vocabulary: readonly string[]; readonly texts: readonly (readonly number[] | null)[] }

export type NoveltyIndexOptions = {
  /** Splits texts into words. @default tokenizeRouge */
  readonly tokenize?: ((text: string) => readonly string[]) | undefined
  /** Continue from a snapshot of an index with the same tokenizer. */
  readonly snapshot?: NoveltySnapshot | undefined
}

/**
 * An exact incremental similarity index by scan: entries whose length alone rules out a better score are skipped, the rest are
 * compared by bit-parallel LCS. Cost per question O(entries); memory about 4 bytes per token and 50 per entry.
 */
export function createNoveltyIndex({ tokenize = tokenizeRouge, snapshot }: NoveltyIndexOptions = {}): NoveltyIndex {
  const vocabulary = createVocabulary(snapshot?.vocabulary)
  const texts: (Int32Array | undefined)[] = snapshot?.texts.map((tokens) => (tokens === null ? undefined : Int32Array.from(tokens))) ?? []
  let size = texts.reduce((count, tokens) => count + (tokens === undefined ? 0 : 1), 0)

  const encode = (text: string): Int32Array => vocabulary.encode(tokenize(text))

  function* scores(text: string): Generator<Neighbour> {
    const pattern = createLcsPattern(encode(text))
    for (let entry = 0; entry < texts.length; entry++) {
      const tokens = texts[entry]
      if (tokens !== undefined) yield { entry, score: scoreOf(pattern, tokens) }
    }
  }

  return {
    get size() {
      return size
    },
    add(text) {
      texts.push(encode(text))
      size++
      return texts.length - 1
    },
    judge(text, threshold) {
      const pattern = createLcsPattern(encode(text))
      let nearest: Neighbour | undefined
      for (let entry = 0; entry < texts.length; entry++) {
        const tokens = texts[entry]
        if (tokens === undefined || !mayExceed(pattern.length, tokens.length, nearest?.score ?? 0)) continue
        const score = scoreOf(pattern, tokens)
        if (score > (nearest?.score ?? 0)) nearest = { entry, score }
      }
      return { novel: nearest === undefined || nearest.score <= threshold, nearest }
    },
    topK(text, k) {
      const found = [...scores(text)].filter((neighbour) => neighbour.score > 0)
      return found.sort((a, b) => b.score - a.score || a.entry - b.entry).slice(0, Math.max(0, k))
    },
    range(text, threshold) {
      return [...scores(text)].filter((neighbour) => neighbour.score > threshold)
    },
    averageSimilarity(text) {
      let sum = 0
      for (const { score } of scores(text)) sum += score
      return sum / size
    },
    remove(entry) {
      if (texts[entry] === undefined) return false
      texts[entry] = undefined
      size--
      return true
    },
    snapshot() {
      return { version: 1, vocabulary: vocabulary.words(), texts: texts.map((tokens) => (tokens === undefined ? null : [...tokens])) }
    },
  }
}

function scoreOf(pattern: LcsPattern, tokens: Int32Array): number {
  return rougeLF(lcsOfPattern(pattern, tokens), pattern.length, tokens.length)
}

/** The LCS is at most the shorter length, and F grows with it: can any text of length n beat `score` against one of length m? */
function mayExceed(m: number, n: number, score: number): boolean {
  return rougeLF(Math.min(m, n), m, n) > score
}
