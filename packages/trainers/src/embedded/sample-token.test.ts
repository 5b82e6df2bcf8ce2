import { createRng } from '@sedi/core'
import { expect, test } from 'vitest'
import { sampleToken } from './sample-token.ts'

const logits = new Float32Array([0, Math.log(6), Math.log(3), 0].map((x, i) => (i === 3 ? -Infinity : x))) // p = .1, .6, .3, 0

function shares(temperature: number, topP: number): number[] {
  const rng = createRng(1, 'sample')
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) counts[sampleToken(logits, temperature, topP, rng)]!++
  return counts.map((count) => count / 4000)
}

test('temperature 0 takes the most probable token, the lower id in a tie', () => {
  expect(sampleToken(logits, 0, 1, createRng(1))).toBe(1)
  expect(sampleToken(new Float32Array([1, 2, 2]), 0, 1, createRng(1))).toBe(1)
})

test('draws in proportion to softmax(logits / temperature)', () => {
  // Squared and renormalised at temperature 1/2: .01, .36, .09 over .46. Standard error below .008.
  const expected = { 1: [0.1, 0.6, 0.3, 0], 0.5: [0.022, 0.783, 0.196, 0] }
  for (const [temperature, probabilities] of Object.entries(expected)) {
    shares(Number(temperature), 1).forEach((share, token) => {
      expect(Math.abs(share - probabilities[token]!)).toBeLessThan(0.03)
    })
  }
})

test('topP keeps the fewest tokens that reach it', () => {
  expect(shares(1, 0.5)).toEqual([0, 1, 0, 0])
  const [first, second, third] = shares(1, 0.8)
  expect(first).toBe(0)
  expect(Math.abs(second! - 2 / 3)).toBeLessThan(0.03)
  expect(Math.abs(third! - 1 / 3)).toBeLessThan(0.03)
})
