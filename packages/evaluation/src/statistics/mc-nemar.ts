import { incompleteBeta, logGamma } from './incomplete-beta.ts'
import { normalAbove } from './normal-distribution.ts'

export type McNemar = {
  /** Items that only the first, and only the second, got right. */
  readonly onlyFirst: number
  readonly onlySecond: number
  /** Two-sided exact binomial p; never too small. */
  readonly exact: number
  /** Exact p with half of the observed outcome's own probability: less cautious, rarely too small. */
  readonly midP: number
  /** Edwards’ continuity-corrected chi-square with one degree of freedom, for many discordant items. */
  readonly chiSquare: { readonly statistic: number; readonly p: number }
}

/**
 * McNemar's test of two models on the same items: are the items on which they disagree split evenly? Items both get right or both wrong say nothing.
 * It tests one fixed pair of models and knows nothing of how another training run would have turned out (METHOD 2.10).
 * Without any disagreement all p are 1. Source: McNemar 1947, Edwards 1948, Fagerland 2013 (mid-p); as statsmodels `mcnemar`.
 */
export function mcNemar(onlyFirst: number, onlySecond: number): McNemar {
  for (const count of [onlyFirst, onlySecond]) {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`mcNemar: expected two counts, got ${onlyFirst} and ${onlySecond}`)
  }
  const n = onlyFirst + onlySecond
  const smaller = Math.min(onlyFirst, onlySecond)
  if (n === 0) return { onlyFirst, onlySecond, exact: 1, midP: 1, chiSquare: { statistic: 0, p: 1 } }
  // P(X ≤ k) = I(½; n − k, k + 1) for X of n fair coins.
  const below = incompleteBeta(0.5, n - smaller, smaller + 1)
  const observed = Math.exp(logGamma(n + 1) - logGamma(smaller + 1) - logGamma(n - smaller + 1) - n * Math.LN2)
  const statistic = (Math.abs(onlyFirst - onlySecond) - 1) ** 2 / n
  return {
    onlyFirst,
    onlySecond,
    exact: Math.min(1, 2 * below),
    midP: Math.min(1, 2 * below - observed),
    chiSquare: { statistic, p: 2 * normalAbove(Math.sqrt(statistic)) },
  }
}
