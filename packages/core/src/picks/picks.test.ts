import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { picks } from './registry.gen.ts'

const whole: readonly string[] = ['hardest', 'random', 'random-unmasked']

describe.each(Object.values(picks))('pick $id', (rule) => {
  it('orders rows, each at most once, the same way for the same stream', () => {
    const input = () => ({ count: 6, losses: [1, 3, 3, 0, 9, 2], rng: createRng(3) })
    const order = rule.order(input()).sort()
    expect(order).toEqual(whole.includes(rule.id) ? [0, 1, 2, 3, 4, 5] : [...new Set(order)])
    expect(rule.order(input())).toEqual(rule.order(input()))
  })
})

describe('hardest', () => {
  it('puts the highest loss first, batch order on ties, and needs the losses', () => {
    expect(picks.hardest.order({ count: 4, losses: [1, 3, 3, 0], rng: createRng(1) })).toEqual([1, 2, 0, 3])
    expect(() => picks.hardest.order({ count: 4, rng: createRng(1) })).toThrow(/a loss for each/)
  })
})

describe('random-unmasked', () => {
  it('leaves out what the mask left out', () => {
    const order = picks['random-unmasked'].order({ count: 4, masked: [false, true, false, true], rng: createRng(1) })
    expect(order.toSorted()).toEqual([0, 2])
  })
})

describe('trimmed', () => {
  it('leaves out the tenth with the highest losses, at least one', () => {
    expect(picks.trimmed.order({ count: 4, losses: [1, 3, 2, 9], rng: createRng(1) })).toEqual([1, 2, 0])
    const losses = Array.from({ length: 20 }, (_, i) => i)
    expect(picks.trimmed.order({ count: 20, losses, rng: createRng(1) })[0]).toBe(17)
    expect(() => picks.trimmed.order({ count: 4, rng: createRng(1) })).toThrow(/a loss for each/)
  })
})
