import { type Interval, requireConfidence, usualConfidence } from './interval.ts'
import { normalQuantile } from './normal-distribution.ts'

/**
 * Difference of two shares on the same `n` items, `(onlyFirst − onlySecond)/n`, with the interval of Agresti and Min (2005): Wald's after half an item is
 * added to each of the four cells. For few items (a single kind of task), where the bootstrap is too narrow, and without any disagreement has no width.
 */
export function matchedPairsInterval(
  onlyFirst: number,
  onlySecond: number,
  n: number,
  confidence = usualConfidence,
): Interval & { readonly difference: number } {
  if (!(onlyFirst >= 0 && onlySecond >= 0 && n > 0 && onlyFirst + onlySecond <= n)) {
    throw new RangeError(`matchedPairsInterval: expected counts of at most n items, got ${onlyFirst} and ${onlySecond} of ${n}`)
  }
  requireConfidence('matchedPairsInterval', confidence)
  const [first, second, total] = [onlyFirst + 0.5, onlySecond + 0.5, n + 2]
  const centre = (first - second) / total
  const reach = normalQuantile(0.5 + confidence / 2) * (Math.sqrt(first + second - (first - second) ** 2 / total) / total)
  return { difference: (onlyFirst - onlySecond) / n, low: Math.max(-1, centre - reach), high: Math.min(1, centre + reach) }
}
