import { expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { WordTable } from './word-table.ts'

it('numbers words in order of first sight and tells words of one hash apart', () => {
  const rng = createRng(1, 'words')
  const table = new WordTable()
  const numbers = new Map<string, number>()
  for (let i = 0; i < 5000; i++) {
    const word = Array.from({ length: 1 + rng.int(4) }, () => rng.pick([...'abcdé'])).join('')
    const units = Uint16Array.from(`..${word}..`, (character) => character.charCodeAt(0))
    const hash = word.charCodeAt(0) % 2 // two hashes for all
    const found = table.find(units, 2, 2 + word.length, hash)
    expect(found).toBe(numbers.get(word) ?? -1)
    if (found < 0) {
      expect(table.insert(units, 2, 2 + word.length, hash)).toBe(numbers.size)
      numbers.set(word, numbers.size)
    }
  }
  expect(table.size).toBe(numbers.size)
  expect(numbers.size).toBeGreaterThan(500)
  expect(String.fromCharCode(...table.units)).toBe([...numbers.keys()].join(''))
})
