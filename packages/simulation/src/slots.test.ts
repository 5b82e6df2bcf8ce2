import { createRng } from '@sedi/core'
import { expect, it } from 'vitest'
import { listOf, numberFrom, oneOf } from './slots.ts'

const rng = createRng(1, 'slots')

it('reads a word back without regard to case', () => {
  const slot = oneOf(['pear', 'pear tree'])
  expect(slot.parse('Pear Tree')).toBe('pear tree')
  expect(slot.parse('plum')).toBeUndefined()
  expect(new RegExp(`^${slot.pattern}$`).test('pear tree')).toBe(true)
})

it('reads a number back only in its range', () => {
  const slot = numberFrom(2, 20)
  expect(slot.parse('20')).toBe(20)
  expect(slot.parse('21')).toBeUndefined()
  const drawn = Array.from({ length: 400 }, () => slot.draw(rng))
  expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([2, 20])
})

it('writes a list in two ways and reads both', () => {
  const slot = listOf(numberFrom(1, 9), 3, 4)
  expect(slot.render([1, 2, 3], 0)).toBe('1, 2, 3')
  expect(slot.render([1, 2, 3], 0.9)).toBe('1, 2 and 3')
  for (const text of ['1, 2, 3', '1, 2 and 3', '1, 2, and 3']) {
    expect(new RegExp(`^${slot.pattern}$`).test(text)).toBe(true)
    expect(slot.parse(text)).toEqual([1, 2, 3])
  }
  expect(slot.parse('1, 2, 77')).toBeUndefined()
})

it('draws lists of different items, of every length', () => {
  const lengths = new Set<number>()
  for (let i = 0; i < 200; i++) {
    const items = listOf(numberFrom(1, 8), 3, 5).draw(rng)
    lengths.add(items.length)
    expect(new Set(items).size).toBe(items.length)
  }
  expect([...lengths].toSorted()).toEqual([3, 4, 5])
})
