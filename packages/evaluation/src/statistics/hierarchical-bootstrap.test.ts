import { createRng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { expectClose, reference } from '../fixtures/statistics-reference.ts'
import { hierarchicalBootstrap } from './hierarchical-bootstrap.ts'
import { bootstrapInterval } from './paired-bootstrap.ts'

const { longer, nested } = reference

describe('hierarchicalBootstrap', () => {
  it.each([
    ['own', reference.hierarchical.nested],
    ['shared', reference.hierarchical.shared],
  ] as const)('%s items: the spread of all equally likely resamples, listed by numpy', (items, expected) => {
    const { mean, error, worlds, replicates } = hierarchicalBootstrap(nested, { rng: createRng(2), items, resamples: 100_000 })
    expectClose(mean, expected.mean, 'mean')
    expect(Math.abs(error / expected.sd - 1)).toBeLessThan(0.01)
    expect([worlds, replicates]).toEqual([2, 4])
  })

  it('is the paired bootstrap’s percentile interval when there is one world and one replicate', () => {
    const one = hierarchicalBootstrap([[longer]], { rng: createRng(1) })
    const plain = bootstrapInterval(longer, { rng: createRng(2), method: 'percentile' })
    expect(Math.abs(one.low - plain.low)).toBeLessThan(0.03)
    expect(Math.abs(one.high - plain.high)).toBeLessThan(0.03)
  })

  it('refuses levels without members and shared items that cannot be shared', () => {
    expect(() => hierarchicalBootstrap([], { rng: createRng(1) })).toThrow('expected at least one world')
    expect(() => hierarchicalBootstrap([[[1]], []], { rng: createRng(1) })).toThrow('and a replicate in each')
    expect(() => hierarchicalBootstrap([[[1, 2], [1]]], { rng: createRng(1) })).toThrow('2 and 1 items')
    expect(() => hierarchicalBootstrap([[[1, Number.NaN]]], { rng: createRng(1) })).toThrow('world 0, replicate 0: expected finite numbers')
  })
})
