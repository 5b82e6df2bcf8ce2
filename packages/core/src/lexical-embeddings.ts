import { hash32 } from './rng.ts'
import { tokenizeRouge } from './tokenize-rouge.ts'

export type LexicalEmbeddingOptions = {
  /** D. More dimensions, fewer collisions between words. @default 256 */
  readonly dimensions?: number | undefined
  /** @default tokenizeRouge */
  readonly tokenize?: ((text: string) => readonly string[]) | undefined
}

/**
 * Hashed TF-IDF rows: a dependency-free stand-in for a sentence encoder. Two texts are near when they share rare words.
 *
 * `row[h(w) mod D] += ±tf(w)·idf(w)`, then L2-normalised; `idf = ln((1 + N) / (1 + df)) + 1` over the given texts, so a row depends on
 * its whole collection. The sign comes from a second hash, which makes collisions cancel in expectation.
 * Returns one (D,) row per text; the zero row for a text without words. Cost O(total words).
 * Source: Weinberger et al. 2009 (hashing trick); scikit-learn 1.x `TfidfVectorizer(smooth_idf=True)` for the idf.
 */
export function lexicalEmbeddings(texts: readonly string[], { dimensions = 256, tokenize = tokenizeRouge }: LexicalEmbeddingOptions = {}): Float32Array[] {
  if (!Number.isInteger(dimensions) || dimensions < 1) throw new RangeError(`lexicalEmbeddings: expected dimensions ≥ 1, got ${dimensions}`)
  const termCounts = texts.map((text) => countTerms(tokenize(text)))
  const documentCounts = new Map<string, number>()
  for (const counts of termCounts) {
    for (const term of counts.keys()) documentCounts.set(term, (documentCounts.get(term) ?? 0) + 1)
  }
  return termCounts.map((counts) => {
    const row = new Float32Array(dimensions) // (D,)
    for (const [term, count] of counts) {
      const idf = Math.log((1 + texts.length) / (1 + documentCounts.get(term)!)) + 1
      const sign = (hash32(term, 1) & 1) === 0 ? 1 : -1
      row[hash32(term) % dimensions]! += sign * count * idf
    }
    return normalised(row)
  })
}

function countTerms(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1)
  return counts
}

function normalised(row: Float32Array): Float32Array {
  let sum = 0
  for (const value of row) sum += value * value
  return sum === 0 ? row : row.map((value) => value / Math.sqrt(sum))
}
