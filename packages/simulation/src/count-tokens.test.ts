import { expect, it } from 'vitest'
import { countTokens, firstTokens } from './count-tokens.ts'

const text = 'Which of these comes first?\n\nApril 12, 2024; then “Überraschung” 🎈 and\tmore.'

it('counts words, numbers and signs', () => {
  expect(countTokens('')).toBe(0)
  expect(countTokens('Name the opposite of hot.')).toBe(7) // opposite takes two
  expect(countTokens('newsletter')).toBe(2)
  expect(countTokens('2024')).toBe(2)
})

it('never counts more for a beginning than for the whole', () => {
  const counts = Array.from({ length: text.length + 1 }, (_, end) => countTokens(text.slice(0, end)))
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
})

it('lies near four characters a token on plain English', () => {
  const plain = 'I teach the third grade and we are practising this. Which of the two months comes first in the year, April or July?'
  expect(plain.length / countTokens(plain)).toBeGreaterThan(3)
  expect(plain.length / countTokens(plain)).toBeLessThan(5)
})

it('cuts after exactly the tokens asked for', () => {
  for (let count = 0; count <= countTokens(text); count++) expect(countTokens(firstTokens(text, count))).toBe(count)
  expect(firstTokens(text, 10_000)).toBe(text)
})
