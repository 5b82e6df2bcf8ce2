import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { picks } from './registry.gen.ts'

describe.each(Object.values(picks))('pick $id', (rule) => {
  it('orders all rows, the same way for the same stream', () => {
    const input = () => ({ count: 6, losses: [1, 3, 3, 0, 9, 2], rng: createRng(3) })
    expect(rule.order(input()).sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(rule.order(input())).toEqual(rule.order(input()))
  })
})

describe('hardest', () => {
  it('puts the highest loss first, batch order on ties, and needs the losses', () => {
    expect(picks.hardest.order({ count: 4, losses: [1, 3, 3, 0], rng: createRng(1) })).toEqual([1, 2, 0, 3])
    expect(() => picks.hardest.order({ count: 4, rng: createRng(1) })).toThrow(/a loss for each/)
  })
})
