import { describe, expect, it } from 'vitest'
import { instructionFollowingDifficulty } from '../metrics/instruction-following-difficulty.ts'
import { signals } from './registry.gen.ts'
import type { SignalInput, TrainedStep } from './signal.ts'
import { strongestSignal } from './strongest-signal.ts'

const step = (over: Partial<TrainedStep> = {}): TrainedStep => ({
  step: 4,
  loss: 2,
  gradNorm: 3,
  targetTokens: 10,
  exampleLosses: [1, 2, 6],
  exampleGaps: null,
  exampleErrors: [0.2, 0.6, 1.4],
  masked: [false, false, true],
  ...over,
})
const input = (over: Partial<SignalInput> = {}): SignalInput => ({
  exampleIds: ['a', 'b', 'c'],
  trained: step(),
  next: step({ step: 5, loss: 1.5 }),
  scoreOf: (id) => ({ a: 0.4, b: 1.2, c: null })[id],
  probeDropOf: (id) => ({ a: 0.5, b: -0.1, c: null })[id],
  ...over,
})

describe('signals of a batch', () => {
  it('are what their names say', () => {
    expect(signals['batch-grad-norm'].of(input())).toBe(3)
    expect(signals['batch-loss'].of(input())).toBe(1.5)
    expect(signals['batch-loss'].of(input({ trained: step({ masked: null }) }))).toBe(2)
    expect(signals['loss-drop'].of(input())).toBe(0.5)
    // Only figures below 1 count, and only those there are.
    expect(signals.ifd.of(input())).toBe(0.4)
    expect(signals['probe-progress'].of(input())).toBe(0.2)
    expect(signals.el2n.of(input())).toBe(0.4)
    expect(signals.el2n.of(input({ trained: step({ masked: null }) }))).toBeCloseTo(2.2 / 3, 12)
  })

  it('are null where a batch has no figure', () => {
    for (const rule of Object.values(signals))
      expect(rule.of(input({ trained: undefined, next: undefined, scoreOf: () => undefined, probeDropOf: () => null }))).toBeNull()
    expect(signals['loss-drop'].of(input({ next: step({ step: 7 }) }))).toBeNull()
    for (const rule of [signals['batch-loss'], signals.el2n]) expect(rule.of(input({ trained: step({ masked: [true, true, true] }) }))).toBeNull()
    expect(signals.el2n.of(input({ trained: step({ exampleErrors: null }) }))).toBeNull()
  })
})

describe('the strongest signal', () => {
  it('is the gradient norm, then the loss drop, then a scorer’s, then none', () => {
    const strongest = (...available: ('gradNorm' | 'loss' | 'scorer')[]) => strongestSignal(new Set(available))?.id
    expect(strongest('scorer', 'loss', 'gradNorm')).toBe('batch-grad-norm')
    expect(strongest('scorer', 'loss')).toBe('loss-drop')
    expect(strongest('scorer')).toBe('ifd')
    expect(strongest()).toBeUndefined()
  })
})

describe('IFD', () => {
  it('is the ratio of the perplexities', () => {
    // exp(1.5) / exp(2.5)
    expect(instructionFollowingDifficulty([-1, -2], [-2, -3])).toBeCloseTo(Math.exp(1.5) / Math.exp(2.5), 12)
    expect(instructionFollowingDifficulty([], [-1])).toBeNull()
    expect(instructionFollowingDifficulty([Number.NEGATIVE_INFINITY], [-1])).toBeNull()
  })
})
