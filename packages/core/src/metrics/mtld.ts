/**
 * MTLD, the measure of textual lexical diversity: the mean length in words of the stretches over which the type–token ratio stays above a
 * threshold, read forwards and backwards, averaged. A stretch left at the end counts as the part `(1 − ratio) / (1 − threshold)` of one.
 *
 * At least 1, in words, higher is more varied; depends little on the length of the text (McCarthy & Jarvis: from 100 words on). A text that
 * repeats no word scores its length; NaN for an empty one. Cost O(words).
 * Source: McCarthy & Jarvis 2010; equals lexicalrichness 0.5.1 `LexicalRichness(words, preprocessor=None, tokenizer=None).mtld(threshold)`,
 * where a stretch ends when the ratio is at the threshold. lexical-diversity 0.1.1 ends it below, and not before 10 words: other values.
 */
export function mtld(words: readonly string[], threshold = 0.72): number {
  if (!(threshold > 0 && threshold < 1)) throw new RangeError(`mtld: expected a threshold between 0 and 1, got ${threshold}`)
  if (words.length === 0) return Number.NaN
  return (meanStretch(words, threshold) + meanStretch(words.toReversed(), threshold)) / 2
}

function meanStretch(words: readonly string[], threshold: number): number {
  let stretches = 0
  let length = 0
  let ratio = 1
  const types = new Set<string>()
  for (const word of words) {
    length++
    types.add(word)
    ratio = types.size / length
    if (ratio > threshold) continue
    stretches++
    length = 0
    types.clear()
  }
  if (length > 0) stretches += (1 - ratio) / (1 - threshold)
  return words.length / (stretches === 0 ? 1 : stretches)
}
