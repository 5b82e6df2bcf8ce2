import type { Rng } from '@sedi/core'
import { type Interval, meanOf, pairedDifferences, requireConfidence, requireFinite, usualConfidence } from './interval.ts'
import { normalBelow, normalQuantile } from './normal-distribution.ts'

export type BootstrapMethod = 'percentile' | 'bca'

export type BootstrapOptions = {
  readonly rng: Rng
  /** `bca` corrects the percentile interval for bias and skewness; it costs n means more. @default 'bca' */
  readonly method?: BootstrapMethod | undefined
  /** Draws. The interval's own noise is about 2 % of its width at 10,000. @default 10,000 */
  readonly resamples?: number | undefined
  /** Two-sided. @default 0.95 */
  readonly confidence?: number | undefined
}

export type BootstrapEstimate = Interval & { readonly n: number; readonly mean: number; readonly resamples: number; readonly method: BootstrapMethod }

/**
 * Mean of paired differences a[i] − b[i] with a bootstrap interval: pairs are drawn with replacement, so what makes an item hard for both cancels.
 * Two models on the same test items: the interval covers the chance of the items, not of training again.
 * Source: Efron and Tibshirani 1993, ch. 13–14; as `scipy.stats.bootstrap((a − b,), np.mean)`. Cost: resamples × n draws. Too narrow below
 * about 20 pairs: use `pairedTInterval` for replicates.
 */
export function pairedBootstrap(a: readonly number[], b: readonly number[], options: BootstrapOptions): BootstrapEstimate {
  return bootstrapInterval(pairedDifferences('pairedBootstrap', a, b), options)
}

/** The same for one sample of independent values. Values that are all equal have the point itself as interval. */
export function bootstrapInterval(
  values: readonly number[],
  { rng, method = 'bca', resamples = 10_000, confidence = usualConfidence }: BootstrapOptions,
): BootstrapEstimate {
  requireFinite('bootstrapInterval', values)
  requireConfidence('bootstrapInterval', confidence)
  const n = values.length
  const distribution = new Float64Array(resamples)
  for (let draw = 0; draw < resamples; draw++) {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[rng.int(n)]!
    distribution[draw] = sum / n
  }
  const levels = method === 'bca' ? bcaLevels(distribution, values, confidence) : levelsOf(confidence)
  distribution.sort()
  return { n, mean: meanOf(values), low: quantileOfSorted(distribution, levels.low), high: quantileOfSorted(distribution, levels.high), resamples, method }
}

/** The shares of the bootstrap distribution below the ends of a percentile interval. */
export const levelsOf = (confidence: number): Interval => ({ low: (1 - confidence) / 2, high: (1 + confidence) / 2 })

/**
 * The shares of the bootstrap distribution below the ends of a BCa interval: `Φ(z₀ + (z₀ + z)/(1 − a(z₀ + z)))`, z₀ from the share of resampled
 * means below the observed one (equal ones count half), `a` from the skewness of the jackknife. Source: Efron 1987; scipy 1.17 `_bca_interval`.
 * Where either cannot be had (equal values, an observed mean outside the distribution) they are those of the percentile interval.
 */
export function bcaLevels(distribution: Float64Array, values: readonly number[], confidence: number): Interval {
  const mean = meanOf(values)
  // For a mean, what leaving value i out changes is proportional to (value − mean), and the factor cancels.
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const cubes = values.reduce((sum, value) => sum + (value - mean) ** 3, 0)
  const below = distribution.reduce((sum, value) => sum + (value < mean ? 1 : value === mean ? 0.5 : 0), 0) / distribution.length
  const plain = levelsOf(confidence)
  if (squares === 0 || below === 0 || below === 1) return plain
  const acceleration = cubes / (6 * squares ** 1.5)
  const bias = normalQuantile(below)
  const adjusted = (level: number): number => {
    const z = bias + normalQuantile(level)
    return normalBelow(bias + z / (1 - acceleration * z))
  }
  return { low: adjusted(plain.low), high: adjusted(plain.high) }
}

/** Linear between the two nearest, as `numpy.quantile`. */
export function quantileOfSorted(sorted: ArrayLike<number>, level: number): number {
  const position = level * (sorted.length - 1)
  const below = Math.floor(position)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (position - below)
}
