import { describe, expect, it } from 'vitest'
import { embedText } from './embed.ts'

const cosine = (a: string, b: string) => {
  const other = embedText(b)
  return embedText(a).reduce((sum, value, i) => sum + value * other[i]!, 0)
}

describe('embedText', () => {
  it('has unit length, always', () => {
    for (const text of ['', 'word', '数学', '!?', 'a '.repeat(3_000)]) expect(Math.hypot(...embedText(text))).toBeCloseTo(1, 5)
    expect(embedText('word', 3)).toHaveLength(3)
  })

  it('brings texts together that share words', () => {
    expect(cosine('Sort these words now', 'Sort these words')).toBeGreaterThan(0.8)
    expect(Math.abs(cosine('Sort these words', 'Name a river'))).toBeLessThan(0.5)
    expect(cosine('one two', 'two one')).toBeLessThan(0.99999)
  })

  it('is the same again', () => {
    expect(embedText('again')).toEqual(embedText('again'))
  })
})
