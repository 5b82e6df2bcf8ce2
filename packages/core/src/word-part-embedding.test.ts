import { describe, expect, it } from 'vitest'
import { wordPartEmbedding } from './word-part-embedding.ts'

const cosine = (a: string, b: string, dimensions = 512): number => {
  const [one, other] = [wordPartEmbedding(a, dimensions), wordPartEmbedding(b, dimensions)]
  return one.reduce((sum, value, d) => sum + value * other[d]!, 0)
}

describe('wordPartEmbedding', () => {
  it('is a unit row that depends on the words alone', () => {
    for (const text of ['Sort the parcels by weight.', 'ä', '把这些包裹按重量排序']) {
      expect(Math.hypot(...wordPartEmbedding(text))).toBeCloseTo(1, 6)
      expect(wordPartEmbedding(`  ${text.toUpperCase()} !`)).toEqual(wordPartEmbedding(text))
    }
  })

  it('is the zero row for a text without words', () => {
    for (const text of ['', ' … !']) expect(wordPartEmbedding(text, 8)).toEqual(new Float32Array(8))
  })

  it('puts another order, inflection or spelling nearer than other words', () => {
    const text = 'Sort the parcels by their weight'
    expect(cosine(text, 'By their weight, sort the parcels')).toBeCloseTo(1, 6)
    expect(cosine(text, 'Sorting a parcel by weights')).toBeGreaterThan(0.4)
    expect(cosine('Analyse the colours', 'Analyze the colors')).toBeGreaterThan(0.4)
    expect(cosine(text, 'Name a large river in France')).toBeLessThan(0.15)
  })

  it('refuses dimensions that are none', () => {
    for (const dimensions of [0, 1.5, -3]) expect(() => wordPartEmbedding('x', dimensions)).toThrow(RangeError)
  })
})
