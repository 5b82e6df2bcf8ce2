import { expect, it } from 'vitest'
import { reference, referenceTokens } from '../fixtures/metrics-reference.ts'
import { selfBleu } from './self-bleu.ts'

// nltk 3.10.4: mean of sentence_bleu(all other texts, text, (1/n,) * n, smoothing_function=SmoothingFunction().method1)
it.each([2, 3, 4] as const)('Self-BLEU-%i equals nltk', (order) => {
  expect(selfBleu(referenceTokens, { order })).toBeCloseTo(reference.selfBleu[order], 13)
})

it('is 1 for copies, 0 for texts that share no word, NaN for fewer than two', () => {
  expect(selfBleu([0, 1, 2].map(() => 'sort the parcels by weight'.split(' ')))).toBe(1)
  expect(selfBleu([['a', 'b'], ['c', 'd'], []])).toBe(0)
  expect(selfBleu([['a']])).toBeNaN()
  expect(() => selfBleu(referenceTokens, { order: 0 })).toThrow(RangeError)
})
