import { describe, expect, it } from 'vitest'
import { conflictGraphOfPairs } from '../conflicts/conflict-graph.ts'
import { limitConflicts } from '../conflicts/limit-conflicts.ts'
import { createRng, type Rng } from '../rng.ts'
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
const embeddings = randomRows(50, 12, createRng(1, 'rows'))
const input = (batchSize: number, variant?: string): ComposerInput => ({ count: 50, batchSize, clusterOf, embeddings, variant, rng: createRng(1) })

function randomRows(count: number, dimensions: number, rng: Rng): Float32Array[] {
  return Array.from({ length: count }, () => Float32Array.from({ length: dimensions }, () => rng.next() - 0.5))
}

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
    const batches = take(composer.batches(input(10)), 10)
    expect(batches[0]!.indices).not.toEqual(batches[5]!.indices)
    expect(take(composer.batches(input(10)), 10)).toEqual(batches)
  })

  it('has nothing to say about an empty pool, and refuses impossible sizes', () => {
    expect(take(composer.batches({ count: 0, batchSize: 4, clusterOf: new Int32Array(), embeddings: [], rng: createRng(1) }), 5)).toEqual([])
    expect(() => take(composer.batches(input(0)), 1)).toThrow(/batchSize/)
  })

  it('refuses a missing clustering when it needs one', () => {
    if (!composer.needs.clusters) return
    expect(() => take(composer.batches({ count: 3, batchSize: 2, rng: createRng(1) }), 1)).toThrow(/cluster for each of 3/)
  })
})

const embedding = Object.values(composers).filter((composer) => composer.needs.embeddings)

it('farthest, dpp and facility use embeddings', () => {
  expect(embedding.map(({ id }) => id).sort()).toEqual(['dpp', 'facility', 'farthest'])
})

describe.each(embedding)('composer $id, by embeddings', (composer) => {
  it('refuses missing embeddings, ones of several lengths, and a conflict graph of another pool', () => {
    expect(() => take(composer.batches({ count: 3, batchSize: 2, rng: createRng(1) }), 1)).toThrow(/embedding for each of 3/)
    expect(() => take(composer.batches({ ...input(4), conflicts: conflictGraphOfPairs(3, []) }), 1)).toThrow(/graph of 50 rows, got one of 3/)
    const uneven = embeddings.map((row, i) => (i === 7 ? row.slice(1) : row))
    expect(() => take(composer.batches({ ...input(50), embeddings: uneven }), 1)).toThrow(/row \d+ has 11/)
  })

  it('tests for conflicts while picking, and limitConflicts takes out what is left', () => {
    const groups = conflictGraphOfPairs(50, pairsWithin(50, 4))
    const conflictsIn = (batches: readonly ComposedBatch[]): number =>
      batches.reduce((sum, { indices }) => sum + indices.length - new Set(indices.map((i) => Math.floor(i / 4))).size, 0)
    const composed = take(composer.batches({ ...input(6), conflicts: groups }), 90)
    expect(conflictsIn(composed)).toBeLessThan(0.3 * conflictsIn(take(composer.batches(input(6)), 90)))
    expect(conflictsIn([...limitConflicts(composed, groups, createRng(2))])).toBe(0)
  })

  it('spreads near-duplicates over all batches without being told', () => {
    const rng = createRng(3)
    const centres = randomRows(10, 12, rng)
    const rows = Array.from({ length: 80 }, (_, i) => centres[i % 10]!.map((value) => value + 0.01 * (rng.next() - 0.5)))
    for (const batch of take(composer.batches({ count: 80, batchSize: 10, embeddings: rows, rng }), 8)) {
      expect(new Set(batch.indices.map((i) => i % 10)).size).toBeGreaterThanOrEqual(9)
    }
  })

  it('chooses the same instructions whatever their numbers, in the same random order', () => {
    const name = createRng(4).shuffle(Array.from({ length: 50 }, (_, i) => i))
    const renamed: Float32Array[] = []
    name.forEach((to, from) => {
      renamed[to] = embeddings[from]!
    })
    const rng = createRng(5)
    const order = rng.shuffle(Array.from({ length: 50 }, (_, i) => i))
    const fixed = (as: readonly number[]): Rng => ({ ...rng, shuffle: <T>() => as as unknown as T[] })
    const plain = take(composer.batches({ ...input(7), rng: fixed(order) }), 8)
    const other = take(composer.batches({ ...input(7), embeddings: renamed, rng: fixed(order.map((i) => name[i]!)) }), 8)
    expect(other.map(({ indices }) => indices)).toEqual(plain.map(({ indices }) => indices.map((i) => name[i]!)))
  })

  it('takes rows of zeros, equal rows and batches beyond the rank', () => {
    const flat = Array.from({ length: 50 }, (_, i) => (i < 20 ? new Float32Array(2) : Float32Array.of(1, i % 2)))
    for (const batchSize of [5, 50]) {
      const indices = take(composer.batches({ ...input(batchSize), embeddings: flat }), 50 / batchSize).flatMap((batch) => batch.indices)
      expect(indices.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    }
  })
})

/** Every pair within groups of consecutive numbers. */
function pairsWithin(count: number, size: number): number[] {
  const pairs: number[] = []
  for (let i = 0; i < count; i++) for (let j = i + 1; j < count && j % size !== 0; j++) pairs.push(i, j)
  return pairs
}

/** One batch of all rows, which is the greedy order; its first is given, the oracle says what follows. */
describe.each([
  ['farthest', (taken: readonly number[], i: number) => -Math.max(...taken.map((j) => cosine(i, j)))],
  ['dpp', (taken: readonly number[], i: number) => determinant([...taken, i].map((a) => [...taken, i].map((b) => cosine(a, b))))],
  ['facility', (taken: readonly number[], i: number) => embeddings.reduce((sum, _, at) => sum + Math.max(0, ...[...taken, i].map((j) => cosine(at, j))), 0)],
] as const)('%s', (id, value) => {
  it('makes the greedy choice at every step', () => {
    const { indices } = take(composers[id].batches(input(50)), 1)[0]!
    const steps = id === 'dpp' ? 11 : 49 // rank 12
    for (let size = 1; size <= steps; size += id === 'facility' ? 8 : 1) {
      const taken = indices.slice(0, size)
      const left = indices.slice(size)
      const best = Math.max(...left.map((i) => value(taken, i)))
      expect(value(taken, left[0]!)).toBeGreaterThan(best - 1e-6 * Math.abs(best) - 1e-12)
    }
  })
})

function cosine(i: number, j: number): number {
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, d) => sum + value * b[d]!, 0)
  return dot(embeddings[i]!, embeddings[j]!) / Math.sqrt(dot(embeddings[i]!, embeddings[i]!) * dot(embeddings[j]!, embeddings[j]!))
}

/** By elimination. */
function determinant(matrix: number[][]): number {
  let product = 1
  for (let k = 0; k < matrix.length; k++) {
    product *= matrix[k]![k]!
    for (let i = k + 1; i < matrix.length; i++) {
      const factor = matrix[i]![k]! / matrix[k]![k]!
      for (let j = k; j < matrix.length; j++) matrix[i]![j]! -= factor * matrix[k]![j]!
    }
  }
  return product
}

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
