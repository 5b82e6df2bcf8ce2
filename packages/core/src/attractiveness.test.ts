import { describe, expect, it } from 'vitest'
import { adjustedSignals, attractiveBatches, closedWindows } from './attractiveness.ts'

const batches = (signals: readonly number[], first = 1) => signals.map((signal, i) => ({ step: first + i, signal, targetTokens: 100 }))

describe('closedWindows', () => {
  it('closes at every multiple and leaves the rest for later', () => {
    const windows = closedWindows(batches(new Array<number>(25).fill(1)), 10)
    expect(windows.map(({ end, batches: inside }) => [end, inside[0]!.step, inside.at(-1)!.step])).toEqual([
      [10, 1, 10],
      [20, 11, 20],
    ])
  })

  it('joins steps of two rounds in one window and never returns one twice', () => {
    const first = batches([1, 1, 1, 1, 1, 1, 1]) // steps 1–7
    expect(closedWindows(first, 5).map(({ end }) => end)).toEqual([5])
    const both = [...first, ...batches([1, 1, 1, 1], 8)] // steps 8–11
    expect(closedWindows(both, 5, 5).map(({ end, batches: inside }) => [end, inside.length])).toEqual([[10, 5]])
    expect(closedWindows(both, 5, 10)).toEqual([])
  })

  it('refuses a window without steps', () => {
    expect(() => closedWindows([], 0)).toThrow(RangeError)
  })
})

describe('attractiveBatches', () => {
  it('takes the highest signals, the earlier step on ties, and ignores numbers that are none', () => {
    const [window] = closedWindows(batches([1, 5, Number.NaN, 5, 2]), 5)
    expect(attractiveBatches(window!, 2).map(({ step }) => step)).toEqual([2, 4])
    expect(attractiveBatches(window!, 9).map(({ step }) => step)).toEqual([2, 4, 5, 1])
  })

  it('adjusted: a large norm that only follows from short answers is no longer attractive', () => {
    const tokens = [50, 100, 200, 400, 100]
    const signals = tokens.map((count, i) => 10 - Math.log(count) + (i === 4 ? 0.5 : 0))
    const window = { end: 5, batches: signals.map((signal, i) => ({ step: i + 1, signal, targetTokens: tokens[i]! })) }
    expect(attractiveBatches(window, 1)[0]!.step).toBe(1)
    expect(attractiveBatches(window, 1, { adjust: true })[0]!.step).toBe(5)
  })
})

describe('adjustedSignals', () => {
  it('equals z-scores when lengths do not matter, zeros when nothing varies', () => {
    // numpy: x = np.array([1., 2., 6.]); (x - x.mean()) / x.std()
    expect(adjustedSignals(batches([1, 2, 6]))).toEqual([-0.9258200997725514, -0.4629100498862757, 1.3887301496588271].map((z) => expect.closeTo(z, 12)))
    expect(adjustedSignals(batches([3, 3]))).toEqual([0, 0])
  })

  it('leaves nothing that correlates with ln(tokens)', () => {
    const given = [3, 1, 4, 1, 5].map((signal, i) => ({ step: i, signal, targetTokens: [10, 20, 15, 80, 30][i]! }))
    const residuals = adjustedSignals(given)
    const lengths = given.map(({ targetTokens }) => Math.log(targetTokens))
    const centre = lengths.reduce((sum, x) => sum + x, 0) / lengths.length
    expect(residuals.reduce((sum, r, i) => sum + r * (lengths[i]! - centre), 0)).toBeCloseTo(0, 10)
  })
})
