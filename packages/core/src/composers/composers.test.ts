import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import type { ComposedBatch, ComposerInput } from './composer.ts'
import { composers } from './registry.gen.ts'

function take(generator: Generator<ComposedBatch>, count: number): ComposedBatch[] {
  const taken: ComposedBatch[] = []
  for (const batch of generator) {
    taken.push(batch)
    if (taken.length === count) break
  }
  return taken
}

const clusterOf = Int32Array.from({ length: 50 }, (_, i) => (i < 30 ? 0 : i < 45 ? 1 : i < 49 ? 2 : 3)) // sizes 30, 15, 4, 1
const input = (batchSize: number, variant?: string): ComposerInput => ({ count: 50, batchSize, clusterOf, variant, rng: createRng(1) })

describe.each(Object.values(composers))('composer $id', (composer) => {
  it('uses every instruction exactly once per epoch, in full batches but the last', () => {
    for (const batchSize of [1, 7, 16, 50, 64]) {
      const perEpoch = Math.ceil(50 / batchSize)
      const batches = take(composer.batches(input(batchSize)), 3 * perEpoch)
      for (let epoch = 1; epoch <= 3; epoch++) {
        const own = batches.filter((batch) => batch.epoch === epoch)
        expect(own.length).toBe(perEpoch)
        expect(own.flatMap((batch) => batch.indices).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
        expect(own.slice(0, -1).every((batch) => batch.indices.length === batchSize)).toBe(true)
      }
    }
  })

  it('orders each epoch anew, the same way for the same stream', () => {
    const batches = take(composer.batches(input(50)), 2)
    expect(batches[0]!.indices).not.toEqual(batches[1]!.indices)
    expect(take(composer.batches(input(50)), 2)).toEqual(batches)
  })

  it('has nothing to say about an empty pool, and refuses impossible sizes', () => {
    expect(take(composer.batches({ count: 0, batchSize: 4, clusterOf: new Int32Array(), rng: createRng(1) }), 5)).toEqual([])
    expect(() => take(composer.batches(input(0)), 1)).toThrow(/batchSize/)
  })

  it('refuses a missing clustering when it needs one', () => {
    if (!composer.needs.clusters) return
    expect(() => take(composer.batches({ count: 3, batchSize: 2, rng: createRng(1) }), 1)).toThrow(/cluster for each of 3/)
  })
})

describe('round-robin', () => {
  const clustersIn = (batch: ComposedBatch): number => new Set(batch.indices.map((i) => clusterOf[i])).size

  it('takes one of each non-empty cluster before a second of any', () => {
    const batches = take(composers['round-robin'].batches(input(4)), 13)
    expect(clustersIn(batches[0]!)).toBe(4)
    const seen = batches.flatMap((batch) => batch.indices).map((i) => clusterOf[i]!)
    // After t full turns each cluster has given min(its size, t).
    expect([0, 1, 2, 3].map((c) => seen.slice(0, 4).filter((x) => x === c).length)).toEqual([1, 1, 1, 1])
    expect([0, 1, 2, 3].map((c) => seen.slice(0, 13).filter((x) => x === c).length)).toEqual([4, 4, 4, 1])
  })

  it('uniform-cluster draws every cluster equally often and no instruction twice in a batch', () => {
    const batches = take(composers['round-robin'].batches(input(4, 'uniform-cluster')), 400)
    const counts = [0, 0, 0, 0]
    for (const batch of batches) {
      expect(new Set(batch.indices).size).toBe(4)
      for (const i of batch.indices) counts[clusterOf[i]!]!++
    }
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(4)
    const rare = batches.flatMap((batch) => batch.indices).filter((i) => i === 49).length
    expect(rare).toBeGreaterThan(300)
    expect(batches.at(-1)!.epoch).toBe(Math.floor((399 * 4) / 50) + 1)
  })

  it('uniform-cluster fills a batch larger than the number of clusters, and one larger than the pool', () => {
    for (const batchSize of [20, 80]) {
      for (const batch of take(composers['round-robin'].batches(input(batchSize, 'uniform-cluster')), 5)) {
        expect(new Set(batch.indices).size).toBe(Math.min(batchSize, 50))
      }
    }
  })
})
