import { incompleteBeta } from './incomplete-beta.ts'

/**
 * Share of Student's t distribution below `t`. `P(T ≤ −t) = ½ I(ν/(ν+t²); ν/2, ½)`. As `scipy.stats.t.cdf`.
 * `degrees` need not be whole. Throws RangeError unless they are positive.
 */
export function tBelow(t: number, degrees: number): number {
  if (!(degrees > 0)) throw new RangeError(`tBelow: expected positive degrees of freedom, got ${degrees}`)
  const half = lowerTail(Math.abs(t), degrees)
  return t > 0 ? 1 - half : half
}

/** Probability of a t at least as far from 0, on either side. */
export const tTwoSided = (t: number, degrees: number): number => 2 * tBelow(-Math.abs(t), degrees)

/** The t with the share `p` below it; ±Infinity at 0 and 1. As `scipy.stats.t.ppf`. By bisection on the distribution: about 70 evaluations. */
export function tQuantile(p: number, degrees: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`tQuantile: expected a probability, got ${p}`)
  if (p === 0.5) return 0
  if (p > 0.5) return -tQuantile(1 - p, degrees)
  if (p === 0) return -Infinity
  let [near, far] = [0, 1]
  while (tBelow(-far, degrees) > p) [near, far] = [far, far * 2]
  for (;;) {
    const middle = (near + far) / 2
    if (middle === near || middle === far) return -middle
    if (tBelow(-middle, degrees) > p) near = middle
    else far = middle
  }
}

/** I(x) is flat where x is near 1: there its complement is computed instead. */
function lowerTail(t: number, degrees: number): number {
  const square = t * t
  if (square === Infinity) return 0
  if (square < degrees) return 0.5 * (1 - incompleteBeta(square / (degrees + square), 0.5, degrees / 2))
  return 0.5 * incompleteBeta(degrees / (degrees + square), degrees / 2, 0.5)
}
