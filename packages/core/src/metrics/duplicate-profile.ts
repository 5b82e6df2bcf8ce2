import { createLcsPattern, lcsOfPattern } from '../longest-common-subsequence.ts'
import { rougeLF } from '../rouge-l.ts'
import { tokenizeRouge } from '../tokenize-rouge.ts'
import { createVocabulary } from '../vocabulary.ts'

export type DuplicateProfile = {
  /** Share of texts that repeat an earlier one to the character. */
  readonly exact: number
  /** Share of texts with the words of an earlier one, in its order: apart from case and punctuation the same. */
  readonly sameWords: number
  /** Mean over texts of the highest ROUGE-L F with any other text. */
  readonly meanNearest: number
  /** For each threshold, the share of texts whose highest ROUGE-L F with any other text is greater. */
  readonly above: readonly number[]
}

/**
 * How much texts repeat each other. Shares in [0, 1]; NaN for no texts. Texts without words (in rouge_score's sense) repeat nothing but their
 * characters. All of it grows with the number of texts: compare equal sizes only. Cost O(N²) LCS computations, about 20,000 for 200 texts.
 */
export function duplicateProfile(texts: readonly string[], thresholds: readonly number[]): DuplicateProfile {
  const vocabulary = createVocabulary()
  const encoded = texts.map((text) => vocabulary.encode(tokenizeRouge(text)))
  const nearest = new Float64Array(texts.length) // (N,)
  for (let i = 0; i < encoded.length; i++) {
    const pattern = createLcsPattern(encoded[i]!)
    for (let j = i + 1; j < encoded.length; j++) {
      const score = rougeLF(lcsOfPattern(pattern, encoded[j]!), pattern.length, encoded[j]!.length)
      if (score > nearest[i]!) nearest[i] = score
      if (score > nearest[j]!) nearest[j] = score
    }
  }
  const words = encoded.filter(({ length }) => length > 0).map((ids) => ids.join())
  return {
    exact: (texts.length - new Set(texts).size) / texts.length,
    sameWords: (words.length - new Set(words).size) / texts.length,
    meanNearest: nearest.reduce((sum, score) => sum + score, 0) / texts.length,
    above: thresholds.map((threshold) => nearest.filter((score) => score > threshold).length / texts.length),
  }
}
