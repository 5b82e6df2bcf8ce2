import { meanAndSd } from './subsamples.ts'

export type LengthProfile = {
  readonly mean: number
  /** With N − 1. */
  readonly sd: number
  readonly min: number
  readonly p5: number
  readonly median: number
  readonly p95: number
  readonly max: number
}

/**
 * How long texts are: moments and quantiles of their lengths, in the unit the lengths have. NaN for no lengths. Cost O(N log N).
 * Quantiles interpolate linearly, as numpy 2.4.6 `quantile` does.
 */
export function lengthProfile(lengths: readonly number[]): LengthProfile {
  const sorted = Float64Array.from(lengths).sort()
  const quantile = (share: number): number => {
    const at = share * (sorted.length - 1)
    const below = sorted[Math.floor(at)] ?? Number.NaN
    return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? Number.NaN) - below)
  }
  return { ...meanAndSd(lengths), min: quantile(0), p5: quantile(0.05), median: quantile(0.5), p95: quantile(0.95), max: quantile(1) }
}
