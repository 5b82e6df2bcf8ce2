import { expect, it } from 'vitest'
import { normaliseAnswer } from './normalise-answer.ts'

it.each([
  ['The answer: 1,000 Dollars!', 'answer 1000 dollars'],
  ['  An  apple ', 'apple'],
  ['A', 'a'],
  ["Don't", 'dont'],
  ['don’t', 'dont'],
  ['well-known', 'well known'],
  ['Seven', '7'],
  ['+7.00', '7'],
  ['007', '7'],
  ['−5', '-5'],
  ['-0', '0'],
  ['-0.50', '-0.5'],
  ['3.14', '3.14'],
  ['314', '314'],
  ['3-5', '3 5'],
  ['from -3 to 5', 'from -3 to 5'],
  ['12,34', '12 34'],
  ['1,234,567.80 km', '1234567.8 km'],
  ['É', 'é'],
  ['ﬁne', 'fine'],
  ['東京', '東京'],
  ['v2', 'v2'],
  ['3rd', '3rd'],
  ['42.', '42'],
  ['?!', ''],
  ['', ''],
])('%j is %j', (text, expected) => expect(normaliseAnswer(text)).toBe(expected))

it('of a normalised answer, nothing is left to normalise', () => {
  for (const text of ['The 1,000.50 dollars', 'Seven', '-5 °C', 'a']) expect(normaliseAnswer(normaliseAnswer(text))).toBe(normaliseAnswer(text))
})
