import { describe, expect, it } from 'vitest'
import { lexicalEmbeddings } from './lexical-embeddings.ts'

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, d) => sum + value * b[d]!, 0)

describe('lexicalEmbeddings', () => {
  const texts = ['sort the parcels by weight', 'sort the letters by date', 'the capital of a country', 'the capital of a country', '', '!!!']
  const rows = lexicalEmbeddings(texts, { dimensions: 4096 })

  it('gives unit rows, and the zero row for texts without words', () => {
    for (const row of rows.slice(0, 4)) expect(dot(row, row)).toBeCloseTo(1, 6)
    for (const row of rows.slice(4)) expect(dot(row, row)).toBe(0)
  })

  it('equals scikit-learn’s TF-IDF where words do not collide', () => {
    // scikit-learn 1.9.1: TfidfVectorizer(token_pattern=r'[a-z0-9]+').fit_transform(texts), row_i @ row_j
    expect(dot(rows[0]!, rows[1]!)).toBeCloseTo(0.45899204857979337, 5)
    expect(dot(rows[0]!, rows[2]!)).toBeCloseTo(0.10495933589387596, 5)
    expect(dot(rows[2]!, rows[3]!)).toBeCloseTo(1, 6)
  })

  it('depends on the collection: a word that everyone uses counts less', () => {
    const [a, b] = lexicalEmbeddings(['sort the parcels', 'the capital'], { dimensions: 4096 })
    const [c, d] = lexicalEmbeddings(['sort the parcels', 'the capital', 'the', 'the', 'the', 'the'], { dimensions: 4096 })
    expect(dot(c!, d!)).toBeLessThan(dot(a!, b!))
  })
})
