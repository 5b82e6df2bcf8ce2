import { describe, expect, it } from 'vitest'
import { placeOf, rowAfterKey, windowRows, windowsOf } from './row-windows.ts'

describe('windowsOf', () => {
  it('holds what is seen, and no more', () => {
    expect(windowsOf(0, 30, 1_000_000)).toEqual([0])
    expect(windowsOf(windowRows - 1, windowRows, 1_000_000)).toEqual([0, 1])
    expect(windowsOf(999_980, 1_000_050, 1_000_000)).toEqual([(1_000_000 - 1 - ((1_000_000 - 1) % windowRows)) / windowRows])
    expect(windowsOf(-20, 5, 100)).toEqual([0])
  })

  it('nothing of nothing', () => {
    expect(windowsOf(0, 30, 0)).toEqual([])
    expect(windowsOf(50, 80, 20)).toEqual([])
  })

  it('agrees with placeOf on every row', () => {
    for (const index of [0, 1, windowRows - 1, windowRows, 3 * windowRows + 7]) {
      const { window, place } = placeOf(index)
      expect(windowsOf(index, index, 10_000)).toEqual([window])
      expect(window * windowRows + place).toBe(index)
    }
  })
})

describe('rowAfterKey', () => {
  const list = { total: 1000, page: 20 }
  it.each([
    ['ArrowDown', 5, 6],
    ['ArrowUp', 5, 4],
    ['ArrowUp', 0, 0],
    ['ArrowDown', 999, 999],
    ['PageDown', 5, 24],
    ['PageUp', 5, 0],
    ['PageDown', 990, 999],
    ['Home', 500, 0],
    ['End', 500, 999],
  ])('%s from %i leads to %i', (key, from, to) => expect(rowAfterKey(key, from, list)).toBe(to))

  it('other keys, and keys in an empty list, move nothing', () => {
    expect(rowAfterKey('a', 5, list)).toBeUndefined()
    expect(rowAfterKey('toString', 5, list)).toBeUndefined()
    expect(rowAfterKey('End', 0, { total: 0, page: 20 })).toBeUndefined()
  })
})
