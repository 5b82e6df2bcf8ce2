import { expect, it } from 'vitest'
import { reference, referenceTokens } from '../fixtures/metrics-reference.ts'
import { mtld } from './mtld.ts'

// lexicalrichness 0.5.1: LexicalRichness(words, preprocessor=None, tokenizer=None).mtld(threshold=0.72)
it.each([
  ['all texts', referenceTokens.flat(), reference.mtld.all],
  ['one without a repeated word', referenceTokens[0]!, reference.mtld.first],
  ['the same five times', Array.from({ length: 5 }, () => referenceTokens[0]!).flat(), reference.mtld.repeated],
  ['one that repeats', referenceTokens[12]!, reference.mtld.counting],
])('equals lexicalrichness over %s', (_, words, expected) => {
  expect(mtld(words)).toBeCloseTo(expected, 12)
})

it('is the mean of both directions, NaN for no words, and refuses a threshold outside (0, 1)', () => {
  const words = 'a a b c d e f g h'.split(' ')
  expect(mtld(words)).toBe(mtld(words.toReversed()))
  expect(mtld([])).toBeNaN()
  expect(() => mtld(words, 1)).toThrow(RangeError)
})
