import { type Interval, usualConfidence } from './interval.ts'
import { tQuantile, tTwoSided } from './t-distribution.ts'
import { type ConfidenceOption, tInterval } from './t-interval.ts'

export type MeanDifference = Interval & {
  /** mean(a) − mean(b) */
  readonly mean: number
  /** Welch–Satterthwaite. */
  readonly degrees: number
  readonly p: number
}

/**
 * Difference of the means of two independent samples with Welch's t interval: for values that do not come in pairs; where they do, `pairedTInterval`
 * is narrower. A sample of one value has no interval (∓Infinity, p 1). Source: Welch 1947; as `scipy.stats.ttest_ind(a, b, equal_var=False)`.
 */
export function meanDifference(a: readonly number[], b: readonly number[], { confidence = usualConfidence }: ConfidenceOption = {}): MeanDifference {
  const [first, second] = [tInterval(a, { confidence }), tInterval(b, { confidence })]
  const mean = first.mean - second.mean
  if (first.n === 1 || second.n === 1) return { mean, low: -Infinity, high: Infinity, degrees: 0, p: 1 }
  const [u, v] = [first.sd ** 2 / first.n, second.sd ** 2 / second.n]
  if (u + v === 0) return { mean, low: mean, high: mean, degrees: first.n + second.n - 2, p: mean === 0 ? 1 : 0 }
  const degrees = (u + v) ** 2 / (u ** 2 / (first.n - 1) + v ** 2 / (second.n - 1))
  const reach = Math.sqrt(u + v) * tQuantile(0.5 + confidence / 2, degrees)
  return { mean, low: mean - reach, high: mean + reach, degrees, p: tTwoSided(mean / Math.sqrt(u + v), degrees) }
}
