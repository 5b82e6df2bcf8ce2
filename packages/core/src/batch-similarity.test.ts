import { describe, expect, it } from 'vitest'
import { batchSimilarity } from './batch-similarity.ts'
import { createRng } from './rng.ts'
import { rougeL } from './rouge-l.ts'

describe('batchSimilarity', () => {
  it('equals the mean and count over all pairs', () => {
    const rng = createRng(1, 'batch-similarity')
    const texts = Array.from({ length: 20 }, () => Array.from({ length: 1 + rng.int(9) }, () => `w${rng.int(6)}`).join(' '))
    const scores = texts.flatMap((a, i) => texts.slice(i + 1).map((b) => rougeL(a, b)))
    const { diversity, conflicts } = batchSimilarity(texts, 0.5)
    expect(diversity).toBeCloseTo(1 - scores.reduce((sum, score) => sum + score, 0) / scores.length, 12)
    expect(conflicts).toBe(scores.filter((score) => score > 0.5).length)
    expect(conflicts).toBeGreaterThan(0)
  })

  it('says nothing about fewer than two texts', () => {
    expect(batchSimilarity(['alone'], 0.7)).toEqual({ diversity: null, conflicts: 0 })
    expect(batchSimilarity([], 0.7)).toEqual({ diversity: null, conflicts: 0 })
  })
})
