import { createLcsPattern, lcsOfPattern } from './longest-common-subsequence.ts'
import { rougeLF } from './rouge-l.ts'
import { type TokenizerName, tokenizers } from './tokenizers.ts'
import { createVocabulary } from './vocabulary.ts'

export type BatchSimilarity = {
  /** 1 − mean ROUGE-L F over all pairs, in [0, 1]; null below two texts. */
  readonly diversity: number | null
  /** Pairs with a ROUGE-L F greater than the threshold. */
  readonly conflicts: number
}

/**
 * How alike the texts of one batch are, in the words of the tokenizer (`rouge` unless another is named); texts without words are unlike
 * everything. Cost O(B²) LCS computations: about 8,000 for a batch of 128.
 */
export function batchSimilarity(
  texts: readonly string[],
  conflictThreshold: number,
  { tokenizer = 'rouge' }: { readonly tokenizer?: TokenizerName | undefined } = {},
): BatchSimilarity {
  const vocabulary = createVocabulary()
  const encoded = texts.map((text) => vocabulary.encode(tokenizers[tokenizer](text)))
  let sum = 0
  let conflicts = 0
  let pairs = 0
  for (let i = 0; i < encoded.length; i++) {
    const pattern = createLcsPattern(encoded[i]!)
    for (let j = i + 1; j < encoded.length; j++) {
      const score = rougeLF(lcsOfPattern(pattern, encoded[j]!), pattern.length, encoded[j]!.length)
      sum += score
      pairs++
      if (score > conflictThreshold) conflicts++
    }
  }
  return { diversity: pairs === 0 ? null : 1 - sum / pairs, conflicts }
}
