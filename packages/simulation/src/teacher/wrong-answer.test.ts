import { createRng } from '@sedi/core'
import { expect, it } from 'vitest'
import everyday from '../universes/everyday.ts'
import { wrongAnswer } from './wrong-answer.ts'

const slips = (id: string, values: Parameters<typeof wrongAnswer>[1]): Set<string> =>
  new Set(Array.from({ length: 60 }, (_, i) => wrongAnswer(everyday.kindById(id), values, createRng(i))))

it('mixes up the order of a list', () => {
  expect([...slips('sort-words', { items: ['coat', 'bed', 'hat'] })].toSorted()).toEqual(['bed, hat, coat', 'coat, bed, hat'])
})

it('takes another number of the list, or counts wrong', () => {
  expect([...slips('largest', { numbers: [4, 9, 2] })].toSorted()).toEqual(['2', '4'])
  expect([...slips('count-items', { items: ['coat', 'bed', 'hat'] })].toSorted()).toEqual(['2', '4', '5'])
})

it('says the other thing where there are two', () => {
  expect([...slips('more-than', { a: 3, b: 8 })]).toEqual(['yes'])
  expect([...slips('upper-case', { what: 'hot', item: 'soup' })]).not.toContain('HOT SOUP')
})
