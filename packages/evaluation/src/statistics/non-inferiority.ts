import { requireConfidence } from './interval.ts'
import { tBelow, tQuantile } from './t-distribution.ts'
import { tInterval } from './t-interval.ts'

export type NonInferiority = {
  readonly mean: number
  /** One-sided lower bound of the mean difference. */
  readonly lower: number
  /** Of the hypothesis that the mean difference is −margin or less. */
  readonly p: number
  /** Whether the bound is above −margin. False says “not shown”, never “worse”. */
  readonly shown: boolean
}

/**
 * “No worse than by `margin`”: one-sided t test of `mean > −margin` over paired differences (new − old; higher is better), with the bound
 * `mean − t(confidence; n−1)·sd/√n`. The margin is fixed before looking. One difference shows nothing (lower −Infinity, p 1).
 * Source: METHOD 2.10; as `scipy.stats.ttest_1samp(differences + margin, 0, alternative='greater')`.
 *
 * @param options.confidence one-sided. @default 0.95
 */
export function nonInferiority(differences: readonly number[], margin: number, { confidence = 0.95 }: { readonly confidence?: number } = {}): NonInferiority {
  if (!(margin >= 0)) throw new RangeError(`nonInferiority: expected a margin of 0 or more, got ${margin}`)
  requireConfidence('nonInferiority', confidence)
  const { n, mean, sd } = tInterval(differences)
  if (n === 1) return { mean, lower: -Infinity, p: 1, shown: false }
  const error = sd / Math.sqrt(n)
  const lower = mean - error * tQuantile(confidence, n - 1)
  const p = error === 0 ? (mean > -margin ? 0 : 1) : tBelow(-(mean + margin) / error, n - 1)
  return { mean, lower, p, shown: lower > -margin }
}
