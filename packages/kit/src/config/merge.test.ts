import { describe, expect, it } from 'vitest'
import { mergeConfig, setPath } from './merge.ts'

describe('mergeConfig', () => {
  it.each([
    ['goes into trees key by key', { a: { b: 1, c: 2 }, d: 3 }, { a: { c: 4 } }, { a: { b: 1, c: 4 }, d: 3 }],
    ['takes 0, “” and false as said', { a: 1, b: 'x', c: true }, { a: 0, b: '', c: false }, { a: 0, b: '', c: false }],
    ['replaces lists whole', { a: [1, 2, 3] }, { a: [4] }, { a: [4] }],
    ['replaces a tree by a value and a value by a tree', { a: { b: 1 }, c: 2 }, { a: 5, c: { d: 6 } }, { a: 5, c: { d: 6 } }],
    ['keeps an adapter’s options under the same id', { t: { id: 'x', w: 1 } }, { t: { id: 'x', v: 2 } }, { t: { id: 'x', w: 1, v: 2 } }],
    ['drops them under another id: they are another adapter’s', { t: { id: 'x', w: 1 } }, { t: { id: 'y' } }, { t: { id: 'y' } }],
  ])('%s', (_, under, over, merged) => {
    const before = structuredClone(under)
    expect(mergeConfig(under, over)).toEqual(merged)
    expect(under).toEqual(before)
  })
})

describe('setPath', () => {
  it.each([
    ['a key that is there', { a: { b: 1, c: 2 } }, 'a.b', { a: { b: 9, c: 2 } }],
    ['a key that is not there yet', {}, 'a.b.c', { a: { b: { c: 9 } } }],
    ['an option of an adapter written as a bare id', { generator: 'simulated' }, 'generator.worldSeed', { generator: { id: 'simulated', worldSeed: 9 } }],
  ])('sets %s, in a copy', (_, tree, path, wanted) => {
    const before = structuredClone(tree)
    expect(setPath(tree, path.split('.'), 9)).toEqual(wanted)
    expect(tree).toEqual(before)
  })
})
