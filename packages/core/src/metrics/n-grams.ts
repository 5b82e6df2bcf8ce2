/** The runs of n words of a text, in order, as keys: equal runs, equal keys. Empty for a text of fewer than n words. */
export function nGrams(words: readonly string[], n: number): string[] {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`nGrams: expected n ≥ 1, got ${n}`)
  const grams: string[] = []
  for (let end = n; end <= words.length; end++) grams.push(words.slice(end - n, end).join('\u0000'))
  return grams
}
