import { createRng, type Rng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { hierarchicalBootstrap } from './hierarchical-bootstrap.ts'
import { matchedPairsInterval } from './matched-pairs-interval.ts'
import { mcNemar } from './mc-nemar.ts'
import { nonInferiority } from './non-inferiority.ts'
import { normalQuantile } from './normal-distribution.ts'
import { type BootstrapMethod, bootstrapInterval } from './paired-bootstrap.ts'
import { signFlipTest } from './sign-flip-test.ts'
import { tInterval } from './t-interval.ts'
import { wilsonInterval } from './wilson-interval.ts'

const trials = 2000
const normal = (rng: Rng): number => normalQuantile((rng.uint32() + 0.5) / 2 ** 32)
const draw = (count: number, rng: Rng, one: (rng: Rng) => number): number[] => Array.from({ length: count }, () => one(rng))

/** Share of trials in which the interval holds the truth. Its own noise at 2,000 trials: ±1 point (two standard errors). */
function coverage(name: string, truth: number, interval: (rng: Rng) => { readonly low: number; readonly high: number }): number {
  let covered = 0
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = interval(createRng(1, name, trial))
    if (low <= truth && truth <= high) covered++
  }
  return covered / trials
}

describe('95 % intervals hold the truth in 95 % of simulated experiments', () => {
  it('t, ten normal differences', () => {
    const share = coverage('t', 0.3, (rng) => tInterval(draw(10, rng, (own) => 0.3 + normal(own))))
    expect(Math.abs(share - 0.95)).toBeLessThan(0.015)
  })

  it.each(['percentile', 'bca'] as const)('%s bootstrap of 200 items that are right, wrong or alike', (method: BootstrapMethod) => {
    // Differences +1, −1 and 0 with probabilities 0.15, 0.1 and 0.75: mean 0.05.
    const item = (rng: Rng): number => [1, -1, 0][rng.weighted([0.15, 0.1, 0.75])]!
    const share = coverage(method, 0.05, (rng) => bootstrapInterval(draw(200, rng, item), { rng, method, resamples: 1000 }))
    expect(Math.abs(share - 0.95)).toBeLessThan(0.02)
  })

  it('Wilson, 40 trials', () => {
    const share = coverage('wilson', 0.3, (rng) => wilsonInterval(draw(40, rng, (own) => Number(own.next() < 0.3)).filter((x) => x === 1).length, 40))
    expect(Math.abs(share - 0.95)).toBeLessThan(0.02)
  })

  it('matched pairs, 8 items: not below', () => {
    const share = coverage('pairs', 0.1, (rng) => {
      const values = draw(8, rng, (own) => [1, -1, 0][own.weighted([0.2, 0.1, 0.7])]!)
      return matchedPairsInterval(values.filter((d) => d === 1).length, values.filter((d) => d === -1).length, 8)
    })
    expect(share).toBeGreaterThan(0.94)
  })

  it('hierarchical: replicates that differ are seen, which a bootstrap over pooled items does not see', () => {
    const [replicates, items] = [12, 40]
    const experiment = (rng: Rng): number[][] => {
      // Items are shared by the replicates, and replicates spread: three sources of chance.
      const hardness = draw(items, rng, normal)
      return draw(replicates, rng, normal).map((level) => hardness.map((hard) => 0.5 * level + 0.5 * hard + 0.5 * normal(rng)))
    }
    const nested = coverage('nested', 0, (rng) => hierarchicalBootstrap([experiment(rng)], { rng, resamples: 400 }))
    const pooled = coverage('pooled', 0, (rng) => bootstrapInterval(experiment(rng).flat(), { rng, method: 'percentile', resamples: 200 }))
    expect(nested).toBeGreaterThan(0.9)
    expect(nested).toBeLessThan(0.98)
    expect(pooled).toBeLessThan(0.7)
  }, 600_000)
})

describe('p values under the null hypothesis', () => {
  const pValues = (name: string, one: (rng: Rng) => number): number[] => Array.from({ length: trials }, (_, trial) => one(createRng(1, name, trial)))
  const below = (values: readonly number[], level: number): number => values.filter((p) => p <= level).length / values.length

  it.each([
    ['exact', 12],
    ['drawn', 30],
  ] as const)('sign flips, %s: uniform', (name, n) => {
    const values = pValues(name, (rng) => signFlipTest(draw(n, rng, normal), { rng, resamples: 999 }).p)
    for (const level of [0.05, 0.2, 0.5, 0.8]) expect(Math.abs(below(values, level) - level)).toBeLessThan(0.03)
  })

  it('McNemar: exact never too small, mid-p nearly uniform', () => {
    const tests = Array.from({ length: trials }, (_, trial) => {
      const heads = draw(40, createRng(1, 'coins', trial), (rng) => rng.int(2)).reduce((sum, x) => sum + x, 0)
      return mcNemar(heads, 40 - heads)
    })
    const exact = below(
      tests.map(({ exact: p }) => p),
      0.05,
    )
    const mid = below(
      tests.map(({ midP }) => midP),
      0.05,
    )
    expect(exact).toBeLessThan(0.055)
    expect(mid).toBeGreaterThanOrEqual(exact)
    expect(mid).toBeLessThan(0.065)
  })

  it('non-inferiority at the margin is shown in 5 %, without a difference more often', () => {
    const shown = (mean: number): number =>
      pValues(`margin ${mean}`, (rng) =>
        Number(
          nonInferiority(
            draw(10, rng, (own) => mean + normal(own)),
            1,
          ).shown,
        ),
      ).filter((x) => x === 1).length / trials
    expect(Math.abs(shown(-1) - 0.05)).toBeLessThan(0.015)
    expect(shown(0)).toBeGreaterThan(0.8)
  })
})
