import { expect, it } from 'vitest'
import { reference, referenceTokens } from '../fixtures/metrics-reference.ts'
import { distinctN } from './distinct-n.ts'

// nltk 3.10.4: grams = [gram for words in texts for gram in nltk.util.ngrams(words, n)]; len(set(grams)) / len(grams)
it.each([1, 2, 3] as const)('distinct-%i equals different n-grams over n-grams', (n) => {
  expect(distinctN(referenceTokens, n)).toBe(reference.distinct[n])
})

it('does not join words across texts, is NaN where no text is long enough, refuses n = 0', () => {
  expect(distinctN([['a'], ['b']], 2)).toBeNaN()
  expect(
    distinctN(
      [
        ['a', 'bc'],
        ['ab', 'c'],
      ],
      2,
    ),
  ).toBe(1)
  expect(() => distinctN([['a']], 0)).toThrow(RangeError)
})
