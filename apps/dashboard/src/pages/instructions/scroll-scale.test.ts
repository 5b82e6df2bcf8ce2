import { describe, expect, it } from 'vitest'
import { ScrollScale, tallestPx } from './scroll-scale.ts'

const rowPx = 36
const viewport = 720
const million = { total: 1_000_000 * rowPx, viewport }

describe('rows that a browser can lay out', () => {
  it('are scrolled as they are', () => {
    const scale = new ScrollScale({ total: 3600, viewport })
    expect(scale.height).toBe(3600)
    expect(scale.moved(1234.5)).toBe(1234.5)
    expect(scale.shift).toBe(0)
    expect(scale.settle()).toBeUndefined()
    expect(scale.stuck).toBe(false)
  })

  it('fewer than fit', () => {
    const scale = new ScrollScale({ total: 72, viewport })
    expect(scale.jump(500)).toBe(0)
    expect(scale.height).toBe(72)
  })
})

describe('a million rows', () => {
  it('lie in an element that every browser can lay out', () => {
    expect(new ScrollScale(million).height).toBe(tallestPx)
  })

  it('the whole track reaches all of them', () => {
    const scale = new ScrollScale(million)
    expect(scale.moved(tallestPx - viewport)).toBe(million.total - viewport)
    expect(scale.moved(0)).toBe(0)
    expect(scale.moved((tallestPx - viewport) / 2)).toBeCloseTo((million.total - viewport) / 2, 6)
  })

  it('a wheel moves them pixel by pixel, and rows keep their place in the element', () => {
    const scale = new ScrollScale(million)
    const top = scale.jump(500_000 * rowPx)
    const { shift, offset } = scale
    for (let i = 1; i <= 20; i++) expect(scale.moved(top + i * 100)).toBe(offset + i * 100)
    expect(scale.shift).toBe(shift)
  })

  it('settling puts the scrollbar where it belongs without moving a row', () => {
    const scale = new ScrollScale(million)
    const top = scale.jump(500_000 * rowPx)
    const { offset } = scale
    for (let i = 1; i <= 100; i++) scale.moved(top + i * 100)
    const settled = scale.settle()!
    expect((settled - top) / 10_000).toBeCloseTo(tallestPx / million.total, 2)
    expect(scale.offset).toBe(offset + 10_000)
    expect(scale.moved(settled)).toBe(offset + 10_000)
  })

  it('every row can be reached by wheel alone, to the last', () => {
    const scale = new ScrollScale(million)
    let top = scale.jump(million.total - viewport - 30_000)
    let events = 0
    while (scale.offset < million.total - viewport) {
      top = Math.min(top + 500, tallestPx - viewport)
      scale.moved(top)
      if (scale.stuck) top = scale.settle() ?? top
      if (events++ > 1000) throw new Error('never there')
    }
    expect(events).toBeLessThan(65)
    expect(scale.settle() ?? scale.top).toBe(tallestPx - viewport)
  })

  it('and back to the first', () => {
    const scale = new ScrollScale(million)
    let top = scale.jump(20_000)
    let events = 0
    while (scale.offset > 0) {
      top = Math.max(top - 500, 0)
      scale.moved(top)
      if (scale.stuck) top = scale.settle() ?? top
      if (events++ > 1000) throw new Error('never there')
    }
    expect(events).toBeLessThan(45)
  })

  it('any row can be jumped to, exactly, and an echo of the jump is no movement', () => {
    const scale = new ScrollScale(million)
    for (const row of [0, 1, 7, 111_111, 555_555, 999_979]) {
      const top = scale.jump(row * rowPx)
      expect(scale.offset).toBe(row * rowPx)
      expect(Number.isInteger(top)).toBe(true)
      expect(scale.moved(top)).toBe(row * rowPx)
    }
  })

  it('a list that grows keeps the row it shows', () => {
    const scale = new ScrollScale(million)
    scale.jump(400_000 * rowPx)
    scale.resize({ total: 2_000_000 * rowPx, viewport })
    expect(scale.offset).toBe(400_000 * rowPx)
    expect(scale.top / tallestPx).toBeCloseTo(0.2, 2)
    expect(scale.moved(scale.top)).toBe(400_000 * rowPx)
  })

  it('a list that shrinks shows its end', () => {
    const scale = new ScrollScale(million)
    scale.jump(400_000 * rowPx)
    scale.resize({ total: 100 * rowPx, viewport })
    expect(scale.offset).toBe(100 * rowPx - viewport)
    expect(scale.shift).toBe(0)
  })
})
