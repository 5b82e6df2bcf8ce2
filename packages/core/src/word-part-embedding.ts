import { hash32 } from './rng.ts'
import { tokenizeUnicode } from './tokenize-unicode.ts'

/**
 * One text as a hashed bag of words and parts of words: the same row for the same text whatever else there is, near to that of a text that
 * says it in another order, inflection or spelling. It knows no synonyms; for those a trained encoder is needed.
 *
 * Each word `w` of `tokenizeUnicode` adds itself and the 3- and 4-grams of `‹w›` with signs (feature hashing), all alike and together of length
 * `ln(1 + letters)`: without a collection to count in, longer words stand for rarer ones.
 * Returns a unit row (D,), the zero row for a text without words. Cost O(letters).
 * Sources: Bojanowski et al. 2017 (subword n-grams), Weinberger et al. 2009 (hashing trick); the weights are ours.
 */
export function wordPartEmbedding(text: string, dimensions = 512): Float32Array {
  if (!Number.isInteger(dimensions) || dimensions < 1) throw new RangeError(`wordPartEmbedding: expected dimensions ≥ 1, got ${dimensions}`)
  const sums = new Float64Array(dimensions) // (D,)
  const put = (feature: string, value: number): void => {
    const sign = (hash32(feature, 1) & 1) === 0 ? 1 : -1
    sums[hash32(feature) % dimensions]! += sign * value
  }
  for (const word of tokenizeUnicode(text)) {
    const letters = [...word]
    const grams = gramsOf(['‹', ...letters, '›'])
    const weight = Math.log(1 + letters.length) / Math.sqrt(1 + grams.length)
    put(word, weight)
    for (const gram of grams) put(gram, weight)
  }
  const norm = Math.hypot(...sums)
  return norm === 0 ? new Float32Array(dimensions) : Float32Array.from(sums, (value) => value / norm)
}

function gramsOf(letters: readonly string[]): string[] {
  const grams: string[] = []
  for (const size of [3, 4]) for (let i = 0; i + size <= letters.length; i++) grams.push(letters.slice(i, i + size).join(''))
  return grams
}
