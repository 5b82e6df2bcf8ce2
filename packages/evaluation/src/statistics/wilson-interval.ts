import type { Interval } from './interval.ts'

/** Two-sided 95 %: `scipy.stats.norm.ppf(0.975)`. */
const z95 = 1.959963984540054

/**
 * Wilson's score interval for a share of `successes` in `trials`: `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)`.
 * Covers the chance of the test items drawn; it knows nothing of the spread between runs. NaN without trials.
 * Source: Wilson 1927; statsmodels `proportion_confint(method='wilson')`.
 */
export function wilsonInterval(successes: number, trials: number, z: number = z95): Interval {
  if (!(successes >= 0 && successes <= trials)) throw new RangeError(`wilsonInterval: expected 0 ≤ successes ≤ trials, got ${successes} of ${trials}`)
  if (trials === 0) return { low: Number.NaN, high: Number.NaN }
  const share = successes / trials
  const centre = share + (z * z) / (2 * trials)
  const spread = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))
  const scale = 1 + (z * z) / trials
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) }
}
