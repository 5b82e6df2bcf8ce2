import { describe, expect, it } from 'vitest'
import { plainRougeL } from './fixtures/plain-rouge-l.ts'
import { createNoveltyIndex, type Neighbour, type NoveltyIndex } from './novelty-index.ts'
import { createRng, type Rng } from './rng.ts'
import { tokenizeRouge } from './tokenize-rouge.ts'

const plainScores = (pool: ReadonlyMap<number, string>, text: string): Neighbour[] =>
  [...pool].map(([entry, other]) => ({ entry, score: plainRougeL(tokenizeRouge(other), tokenizeRouge(text)) }))

function randomText(rng: Rng, words: number): string {
  const length = rng.next() < 0.05 ? 0 : 1 + rng.int(rng.next() < 0.05 ? 90 : 16)
  return Array.from({ length }, () => `w${rng.int(words)}`).join(' ')
}

/** A text near an earlier one, as generated instructions are. */
function nextText(rng: Rng, pool: readonly string[], words: number): string {
  if (pool.length === 0 || rng.next() < 0.4) return randomText(rng, words)
  return rng
    .pick(pool)
    .split(' ')
    .map((word) => (rng.next() < 0.25 ? `w${rng.int(words)}` : word))
    .join(' ')
}

function best(scores: readonly Neighbour[]): Neighbour | undefined {
  return scores.reduce<Neighbour | undefined>((top, one) => (one.score > (top?.score ?? 0) ? one : top), undefined)
}

describe('createNoveltyIndex', () => {
  it.each([0.3, 0.5, 0.7, 0.85, 0.95])('decides, names and scores like a scan with the plain table at %d', (threshold) => {
    const rng = createRng(1, 'novelty', threshold)
    const index = createNoveltyIndex()
    const pool = new Map<number, string>()
    let rejected = 0
    for (let i = 0; i < 500; i++) {
      const text = nextText(rng, [...pool.values()], 30)
      const scores = plainScores(pool, text)
      const nearest = best(scores)
      const verdict = index.judge(text, threshold)
      expect(verdict.nearest).toEqual(nearest)
      expect(verdict.novel).toBe((nearest?.score ?? 0) <= threshold)
      if (i % 10 === 0) expectQueries(index, scores, text, threshold)
      if (verdict.novel) pool.set(index.add(text), text)
      else rejected++
      if (i % 25 === 24) {
        const entry = rng.pick([...pool.keys()])
        expect(index.remove(entry)).toBe(true)
        expect(index.remove(entry)).toBe(false)
        pool.delete(entry)
      }
      expect(index.size).toBe(pool.size)
    }
    expect(rejected).toBeGreaterThan(20)
  })

  function expectQueries(index: NoveltyIndex, scores: readonly Neighbour[], text: string, threshold: number): void {
    const ranked = scores.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score || a.entry - b.entry)
    expect(index.topK(text, 5)).toEqual(ranked.slice(0, 5))
    expect(index.range(text, threshold)).toEqual(scores.filter(({ score }) => score > threshold))
    if (scores.length > 0) expect(index.averageSimilarity(text)).toBeCloseTo(scores.reduce((sum, { score }) => sum + score, 0) / scores.length, 12)
  }

  it('never calls an empty text similar, nor anything similar to it', () => {
    const index = createNoveltyIndex()
    index.add('')
    expect(index.judge('', 0.5)).toEqual({ novel: true, nearest: undefined })
    expect(index.judge('some words', 0)).toEqual({ novel: true, nearest: undefined })
    expect(index.size).toBe(1)
  })

  it('prefers the earlier of equally similar entries', () => {
    const index = createNoveltyIndex()
    for (const text of ['x y', 'a b c', 'a b c']) index.add(text)
    expect(index.judge('a b c', 0.7).nearest).toEqual({ entry: 1, score: 1 })
  })

  it('goes on from a snapshot with the same answers and the same entry numbers', () => {
    const rng = createRng(3, 'snapshot')
    const index = createNoveltyIndex()
    for (let i = 0; i < 60; i++) index.add(randomText(rng, 9))
    index.remove(5)
    const copy = createNoveltyIndex({ snapshot: JSON.parse(JSON.stringify(index.snapshot())) })
    for (let i = 0; i < 60; i++) {
      const text = randomText(rng, 9)
      expect(copy.judge(text, 0.7)).toEqual(index.judge(text, 0.7))
      expect(copy.add(text)).toBe(index.add(text))
    }
    expect(copy.size).toBe(index.size)
  })
})
