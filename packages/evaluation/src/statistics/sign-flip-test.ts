import type { Rng } from '@sedi/core'
import { requireFinite } from './interval.ts'

export type SignFlipOptions = {
  /** `greater`: is the mean above 0? @default 'two-sided' */
  readonly alternative?: 'two-sided' | 'greater' | 'less' | undefined
  /** All 2^n signs are tried up to this many differences; beyond it they are drawn. @default 20, about a million sums */
  readonly exactUpTo?: number | undefined
  /** Draws, where not all are tried. @default 100,000 */
  readonly resamples?: number | undefined
  /** Needed where signs are drawn. */
  readonly rng?: Rng | undefined
}

export type SignFlip = {
  readonly p: number
  readonly exact: boolean
  /** Sign patterns looked at, the observed one included. */
  readonly patterns: number
}

/**
 * Sign-flip permutation test of paired differences: how often would random signs give a mean as far from 0? Assumes only that under the null
 * hypothesis each difference is as likely to have the other sign. Small n cannot give a small p: two-sided at least 2/2ⁿ.
 *
 * Exact by trying all signs; else Monte Carlo with the observed pattern counted in, `(1 + hits)/(1 + draws)`, so that p is never 0 and never too small
 * (Phipson and Smyth 2010). As `scipy.stats.permutation_test(permutation_type='samples')`. Cost: 2ⁿ, or draws × n.
 */
export function signFlipTest(differences: readonly number[], options: SignFlipOptions = {}): SignFlip {
  const { alternative = 'two-sided', exactUpTo = 20, resamples = 100_000, rng } = options
  requireFinite('signFlipTest', differences)
  // Sums of the same numbers in another order differ in their last digits: what is that near counts as equal.
  const slack = 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0)
  const observed = differences.reduce((sum, value) => sum + value, 0)
  const isAsFar = (sum: number): boolean => {
    if (alternative === 'greater') return sum >= observed - slack
    if (alternative === 'less') return sum <= observed + slack
    return Math.abs(sum) >= Math.abs(observed) - slack
  }
  if (differences.length <= exactUpTo) {
    const patterns = 2 ** differences.length
    return { p: countFlips(differences, 0, 0, isAsFar) / patterns, exact: true, patterns }
  }
  if (rng === undefined) throw new RangeError(`signFlipTest: ${differences.length} differences are too many to try all signs; give an rng`)
  let hits = 0
  for (let draw = 0; draw < resamples; draw++) if (isAsFar(randomlySigned(differences, rng))) hits++
  return { p: (1 + hits) / (1 + resamples), exact: false, patterns: resamples + 1 }
}

function countFlips(differences: readonly number[], from: number, sum: number, isAsFar: (sum: number) => boolean): number {
  if (from === differences.length) return isAsFar(sum) ? 1 : 0
  const value = differences[from]!
  return countFlips(differences, from + 1, sum + value, isAsFar) + countFlips(differences, from + 1, sum - value, isAsFar)
}

function randomlySigned(differences: readonly number[], rng: Rng): number {
  let sum = 0
  let bits = 0
  for (let i = 0; i < differences.length; i++) {
    if (i % 32 === 0) bits = rng.uint32()
    sum += bits & 1 ? differences[i]! : -differences[i]!
    bits >>>= 1
  }
  return sum
}
