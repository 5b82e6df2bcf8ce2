import { describe, expect, it } from 'vitest'
import { batchSimilarity } from './batch-similarity.ts'
import { conflictGraph } from './conflicts/conflict-graph.ts'
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

  it('reads the words of the tokenizer it is told', () => {
    const texts = ['Сортируй посылки по весу', 'Сортируй письма по весу', 'Назови столицу страны Дания', 'Назови столицу страны Швеция']
    expect(batchSimilarity(texts, 0.5)).toEqual({ diversity: 1, conflicts: 0 })
    expect(batchSimilarity(texts, 0.5, { tokenizer: 'unicode' })).toEqual({ diversity: 1 - (0.75 + 0.75) / 6, conflicts: 2 })
    expect(conflictGraph(texts, 0.5, { tokenizer: 'unicode' }).neighbours.length / 2).toBe(2)
  })

  it('says nothing about fewer than two texts', () => {
    expect(batchSimilarity(['alone'], 0.7)).toEqual({ diversity: null, conflicts: 0 })
    expect(batchSimilarity([], 0.7)).toEqual({ diversity: null, conflicts: 0 })
  })
})
