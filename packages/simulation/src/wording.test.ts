import { expect, it } from 'vitest'
import { listOf, numberFrom, oneOf } from './slots.ts'
import { compileWording } from './wording.ts'

const slots = { person: oneOf(['Dana', 'Omar']), score: numberFrom(1, 40) }
const wording = compileWording('{person} has {score} points. Did {person} [really |]pass?', slots, false)

it('writes operands and chosen words', () => {
  expect(wording.write({ person: 'Omar', score: 7 }, ['really '], 0)).toEqual({ instruction: 'Omar has 7 points. Did Omar really pass?', input: '' })
  expect(wording.write({ person: 'Omar', score: 7 }, [''], 0).instruction).toBe('Omar has 7 points. Did Omar pass?')
})

it('finds itself whatever stands around it', () => {
  const text = 'Quick question: omar has  7 points. Did Omar really pass? Thanks.'
  const match = wording.read(text, '')
  expect(match?.values).toEqual({ person: 'Omar', score: 7 })
  expect(match?.chosen).toEqual(['really '])
  expect(text.slice(match!.start, match!.end)).toBe('omar has  7 points. Did Omar really pass?')
})

it('is not found when a word, an operand or the input differs', () => {
  expect(wording.read('Omar has 7 points. Did Dana pass?', '')).toBeUndefined()
  expect(wording.read('Omar has 70 points. Did Omar pass?', '')).toBeUndefined()
  expect(wording.read('Omar has 7 points. Did Omar passes?', '')).toBeUndefined()
  expect(wording.read('Omar has 7 points. Did Omar pass?', 'Dana')).toBeUndefined()
})

it('reads operands out of the input', () => {
  const sorted = compileWording(['Sort [these|the] numbers.', 'Numbers: {numbers}'], { numbers: listOf(numberFrom(1, 40), 3, 3) }, false)
  expect(sorted.read('For the price list: Sort the numbers. Just the answer.', ' Numbers: 3, 1 and 2. ')?.values).toEqual({ numbers: [3, 1, 2] })
  expect(sorted.read('Sort the numbers.', '3, 1, 2')).toBeUndefined()
})

it('refuses an unknown operand', () => {
  expect(() => compileWording('What is {nothing}?', slots, false)).toThrow('no slot named nothing')
})
