import { describe, expect, it } from 'vitest'
import { lexicalEmbeddings } from './lexical-embeddings.ts'
import { neighbourLayout } from './neighbour-layout.ts'
import { createRng } from './rng.ts'

const topics = ['river lake sea boat fish', 'bread flour oven yeast salt', 'engine wheel brake fuel road', 'violin drum song choir flute'].map((words) =>
  words.split(' '),
)

/** Texts of four topics that share no word. */
function texts(count: number): { readonly text: string; readonly topic: number }[] {
  const rng = createRng(3, 'layout texts')
  return Array.from({ length: count }, (_, i) => ({ topic: i % 4, text: Array.from({ length: 4 }, () => rng.pick(topics[i % 4]!)).join(' ') }))
}

const placesOf = (count: number, seed = 1): Float32Array =>
  neighbourLayout(lexicalEmbeddings(texts(count).map(({ text }) => text)), { rng: createRng(seed, 'layout') })

describe('neighbourLayout', () => {
  it('puts texts of one topic together, and other topics elsewhere', () => {
    const places = placesOf(200)
    const all = texts(200)
    const distance = (i: number, j: number): number => Math.hypot(places[2 * i]! - places[2 * j]!, places[2 * i + 1]! - places[2 * j + 1]!)
    const nearestIsAlike = all.filter(({ topic }, i) => {
      const others = all.map((_, j) => j).filter((j) => j !== i)
      return all[others.reduce((best, j) => (distance(i, j) < distance(i, best) ? j : best))]!.topic === topic
    })
    expect(nearestIsAlike.length).toBeGreaterThan(195)
  })

  it('fills −1 to 1, the same each time', () => {
    const places = placesOf(60)
    expect(Math.max(...places.map(Math.abs))).toBeCloseTo(1, 6)
    expect(placesOf(60)).toEqual(places)
    expect(placesOf(60, 2)).not.toEqual(places)
  })

  it('bears rows of zeros, equal rows, and few', () => {
    const rng = createRng(1, 'layout')
    const zero = new Float32Array(4)
    const one = Float32Array.of(1, 0, 0, 0)
    expect(neighbourLayout([], { rng })).toEqual(new Float32Array(0))
    expect([...neighbourLayout([one], { rng })]).toEqual([0, 0])
    for (const rows of [
      [zero, zero, zero],
      [one, one, one, one],
      [one, zero, one],
    ]) {
      const places = neighbourLayout(rows, { rng })
      expect(places.length).toBe(2 * rows.length)
      expect([...places].every(Number.isFinite)).toBe(true)
    }
  })
})
