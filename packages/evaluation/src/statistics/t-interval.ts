import { type Interval, meanOf, pairedDifferences, requireConfidence, requireFinite, usualConfidence } from './interval.ts'
import { tQuantile, tTwoSided } from './t-distribution.ts'

export type MeanEstimate = Interval & {
  readonly n: number
  readonly mean: number
  /** Sample standard deviation (n − 1); NaN for one value. */
  readonly sd: number
  /** Two-sided p of the hypothesis that the mean is 0. */
  readonly p: number
}

export type ConfidenceOption = {
  /** Two-sided. @default 0.95 */
  readonly confidence?: number | undefined
}

/**
 * Mean of independent values with Student's t interval: `mean ± t(1−α/2; n−1)·sd/√n`.
 *
 * For paired replicates give the differences, one per replicate: METHOD's primary interval. It says how the replicates spread, not the test items.
 * One value has no interval: low and high are ∓Infinity and p is 1. Equal values have the point itself as interval, p 0 (1 when they are 0).
 * Throws RangeError without values or with one that is not finite. As `scipy.stats.ttest_1samp(values, 0)`.
 */
export function tInterval(values: readonly number[], { confidence = usualConfidence }: ConfidenceOption = {}): MeanEstimate {
  requireFinite('tInterval', values)
  requireConfidence('tInterval', confidence)
  const n = values.length
  const mean = meanOf(values)
  if (n === 1) return { n, mean, sd: Number.NaN, low: -Infinity, high: Infinity, p: 1 }
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1))
  const error = sd / Math.sqrt(n)
  const reach = error * tQuantile(0.5 + confidence / 2, n - 1)
  const p = error === 0 ? (mean === 0 ? 1 : 0) : tTwoSided(mean / error, n - 1)
  return { n, mean, sd, low: mean - reach, high: mean + reach, p }
}

/** `tInterval` of the differences a[i] − b[i]. As `scipy.stats.ttest_rel(a, b)`. */
export function pairedTInterval(a: readonly number[], b: readonly number[], options: ConfidenceOption = {}): MeanEstimate {
  return tInterval(pairedDifferences('pairedTInterval', a, b), options)
}
