import { createRng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { differences, expectClose, reference } from '../fixtures/statistics-reference.ts'
import { signFlipTest } from './sign-flip-test.ts'

const { few, skewed, longer } = reference

describe('signFlipTest', () => {
  it('tries all signs as permutation_test does', () => {
    for (const [name, expected] of Object.entries(reference.signFlip)) {
      const values = { differences, few, skewed }[name]!
      for (const alternative of ['two-sided', 'greater', 'less'] as const) {
        const { p, exact, patterns } = signFlipTest(values, { alternative })
        expectClose(p, expected[alternative], [name, alternative])
        expect([exact, patterns]).toEqual([true, 2 ** values.length])
      }
    }
  })

  it('draws signs beyond that, near the exact p and never 0', () => {
    const drawn = signFlipTest(differences, { exactUpTo: 5, resamples: 20_000, rng: createRng(1) })
    expect(drawn.exact).toBe(false)
    expect(Math.abs(drawn.p - reference.signFlip.differences['two-sided'])).toBeLessThan(0.003)
    expect(signFlipTest(new Array(40).fill(1), { resamples: 999, rng: createRng(1) }).p).toBe(1 / 1000)
    expect(() => signFlipTest(longer)).toThrow('30 differences are too many to try all signs; give an rng')
  })

  it('sums of equal numbers count as equal in whatever order', () => {
    // |0.1 + 0.2 − 0.2| and |0.1 − 0.2 + 0.2| are equal, but not in their last digits: no pattern is nearer to 0 than the observed one.
    expect(signFlipTest([0.1, 0.2, -0.2]).p).toBe(1)
    expect(signFlipTest([0.1, 0.2, -0.1]).p).toBe(0.75)
  })
})
