import { longestCommonSubsequence } from './longest-common-subsequence.ts'
import { tokenizeRouge } from './tokenize-rouge.ts'
import { createVocabulary } from './vocabulary.ts'

/**
 * ROUGE-L F of two texts: `p = L/n`, `r = L/m`, `F = 2·p·r / (p + r)`, L the longest common subsequence of their m and n tokens.
 *
 * In [0, 1]; symmetric; 1 exactly when the token sequences are equal and not empty; 0 when either is empty.
 * Computed in rouge_score's order of float64 operations, so decisions against a threshold agree with it to the last bit:
 * two texts at the exact ratio 0.7 may score 0.7000000000000001, as they do there.
 * Source: Lin 2004; reference implementation google-research rouge_score 0.1.2, `rougeL`, `use_stemmer=False`.
 *
 * @example rougeL('the cat sat', 'the cat ran') // 0.6666666666666666
 */
export function rougeL(a: string, b: string): number {
  return rougeLOfTokens(tokenizeRouge(a), tokenizeRouge(b))
}

/** {@link rougeL} of texts that are tokenised already. */
export function rougeLOfTokens(a: readonly string[], b: readonly string[]): number {
  const vocabulary = createVocabulary()
  return rougeLF(longestCommonSubsequence(vocabulary.encode(a), vocabulary.encode(b)), a.length, b.length)
}

/**
 * The F measure from an LCS length and the two text lengths, in rouge_score's floating-point semantics.
 * Strictly increasing in `lcs`, symmetric in the lengths. 0 when `lcs` is 0.
 */
export function rougeLF(lcs: number, targetLength: number, predictionLength: number): number {
  if (lcs === 0) return 0
  const precision = lcs / predictionLength
  const recall = lcs / targetLength
  return (2 * precision * recall) / (precision + recall)
}
