import { createRng } from '@sedi/core'
import { expect, test } from 'vitest'
import { adamStep, clipFactor, createAdamState, gradientNorm } from './adam.ts'

test('follows the published update, in float64 per parameter, over 50 steps', () => {
  const rng = createRng(1, 'adam')
  const parameters = new Float32Array([0.5, -1, 2])
  const expected = [0.5, -1, 2]
  const state = createAdamState(3)
  const m = [0, 0, 0]
  const v = [0, 0, 0]
  for (let t = 1; t <= 50; t++) {
    const gradient = new Float32Array([rng.next() - 0.5, 10 * rng.next(), 1e-3 * (rng.next() - 0.5)])
    const learningRate = 0.01 * Math.min(1, t / 10)
    adamStep(parameters, state, gradient, { learningRate, weightDecay: 0.1, gradientScale: 0.5, decayed: [[1, 3]] })
    for (let i = 0; i < 3; i++) {
      const g = 0.5 * gradient[i]!
      m[i] = 0.9 * m[i]! + 0.1 * g
      v[i] = 0.98 * v[i]! + 0.02 * g ** 2
      const decay = i === 0 ? 0 : learningRate * 0.1 * expected[i]!
      expected[i] = expected[i]! - decay - (learningRate * (m[i]! / (1 - 0.9 ** t))) / (Math.sqrt(v[i]! / (1 - 0.98 ** t)) + 1e-8)
    }
  }
  // float32 storage: a few units in the last place per step
  for (let i = 0; i < 3; i++) expect(Math.abs(parameters[i]! / expected[i]! - 1)).toBeLessThan(1e-5)
  expect(state.updates).toBe(50)
})

test('the norm is Euclidean and shows NaN and infinity', () => {
  expect(gradientNorm(new Float32Array([3, 0, -4]))).toBe(5)
  expect(gradientNorm(new Float32Array(0))).toBe(0)
  expect(gradientNorm(new Float32Array([1, Number.NaN]))).toBeNaN()
  expect(gradientNorm(new Float32Array([1, -Infinity]))).toBe(Infinity)
})

test('clipping brings a large norm to the limit and leaves a small one alone', () => {
  expect(10 * clipFactor(10, 2)).toBeCloseTo(2, 6)
  expect(clipFactor(1, 2)).toBe(1)
  expect(clipFactor(0, 2)).toBe(1)
  expect(clipFactor(10, Infinity)).toBe(1)
})
