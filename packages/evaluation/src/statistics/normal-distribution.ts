/**
 * Share of a standard normal distribution above `z`. Absolute error below 1e-15, relative below 1e-11 up to z = 30.
 * Series of erf below |z| = 3, continued fraction of erfc above (Abramowitz and Stegun 26.2.11 and 26.2.14). As `scipy.stats.norm.sf`.
 */
export function normalAbove(z: number): number {
  if (z < 0) return 1 - normalAbove(-z)
  if (z < 3) return 0.5 - density(z) * oddSeries(z)
  // 1/(z+ 1/(z+ 2/(z+ 3/(z+ …, from its tail; 200 terms are more than enough from z = 3 on.
  let tail = z
  for (let k = 200; k >= 1; k--) tail = z + k / tail
  return density(z) / tail
}

/** Share below `z`. As `scipy.stats.norm.cdf`. */
export const normalBelow = (z: number): number => normalAbove(-z)

/** The z with the share `p` below it; ±Infinity at 0 and 1. As `scipy.stats.norm.ppf`. Throws RangeError outside 0..1. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`normalQuantile: expected a probability, got ${p}`)
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity
  if (p > 0.5) return -normalQuantile(1 - p)
  // Newton on log Φ, which is concave, from the left of the root: every step goes towards it and none beyond.
  let z = -Math.sqrt(-2 * Math.log(p))
  for (let i = 0; i < 100; i++) {
    const below = normalBelow(z)
    const step = (Math.log(p / below) * below) / density(z)
    z += step
    if (Math.abs(step) <= 1e-15 * Math.max(1, -z)) break
  }
  return z
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)

/** z + z³/3 + z⁵/(3·5) + … */
function oddSeries(z: number): number {
  let term = z
  let sum = z
  for (let k = 3; term > 1e-17 * sum; k += 2) {
    term *= (z * z) / k
    sum += term
  }
  return sum
}
