import { nGrams } from './n-grams.ts'

/**
 * distinct-n: different n-grams / all n-grams, over all texts together; n-grams do not cross texts.
 *
 * In (0, 1], higher is more varied; NaN when no text has n words. Falls as the corpus grows: compare equal sizes only. Cost O(words).
 * Source: Li et al. 2016, "A Diversity-Promoting Objective Function" (arXiv 1510.03055), section 5.
 *
 * @example distinctN([['a', 'b'], ['a', 'c']], 1) // 0.75
 */
export function distinctN(texts: readonly (readonly string[])[], n: number): number {
  const grams = texts.flatMap((words) => nGrams(words, n))
  return new Set(grams).size / grams.length
}
