import { describe, expect, it } from 'vitest'
import { plainKMeans } from './fixtures/plain-k-means.ts'
import { kMeans, kMeansInSteps } from './k-means.ts'
import { lexicalEmbeddings } from './lexical-embeddings.ts'
import { createRng, type Rng } from './rng.ts'

/** `perCluster` points around each of the given centres. */
function blobs(centres: readonly (readonly [number, number])[], perCluster: number, spread: number): Float32Array[] {
  const rng = createRng(4, 'blobs')
  return centres.flatMap(([x, y]) =>
    Array.from({ length: perCluster }, () => Float32Array.of(x + spread * (rng.next() - 0.5), y + spread * (rng.next() - 0.5))),
  )
}

describe('kMeans', () => {
  const centres = [
    [0, 0],
    [10, 0],
    [0, 10],
    [10, 10],
  ] as const

  it('finds planted clusters', () => {
    const rows = blobs(centres, 25, 2)
    const { assignments, inertia } = kMeans(rows, 4, { rng: createRng(1) })
    for (let c = 0; c < 4; c++) expect(new Set(assignments.slice(c * 25, c * 25 + 25)).size).toBe(1)
    expect(new Set(assignments).size).toBe(4)
    expect(inertia).toBeLessThan(100 * 2 * (2 * 2) * 0.25)
  })

  it('assigns every row to its nearest centroid, reports the inertia of that assignment, leaves no cluster empty', () => {
    const rng = createRng(2)
    for (let trial = 0; trial < 30; trial++) {
      const rows = Array.from({ length: 1 + rng.int(60) }, () => Float32Array.from({ length: 3 }, () => rng.next()))
      const { assignments, centroids, inertia } = kMeans(rows, 1 + rng.int(12), { rng, maxIterations: 200 })
      const clusters = centroids.length / 3
      const distance = (row: Float32Array, c: number): number => row.reduce((sum, value, d) => sum + (value - centroids[c * 3 + d]!) ** 2, 0)
      let total = 0
      rows.forEach((row, i) => {
        const own = distance(row, assignments[i]!)
        for (let c = 0; c < clusters; c++) expect(own).toBeLessThanOrEqual(distance(row, c) + 1e-6)
        total += own
      })
      expect(inertia).toBeCloseTo(total, 6)
      expect(new Set(assignments).size).toBe(clusters)
    }
  })

  it('lowers k to the distinct rows, and takes no rows', () => {
    const row = Float32Array.of(1, 2)
    expect(kMeans([row, row, row], 5, { rng: createRng(1) }).centroids.length).toBe(2)
    expect(kMeans([], 3, { rng: createRng(1) }).assignments.length).toBe(0)
    expect(() => kMeans([row, Float32Array.of(1)], 1, { rng: createRng(1) })).toThrow(/row 1 has 1/)
  })

  it('starts far apart: with k-means++ four distant pairs are never merged', () => {
    const rows = blobs(centres, 2, 0.1)
    for (let seed = 0; seed < 50; seed++) expect(kMeans(rows, 4, { rng: createRng(seed) }).inertia).toBeLessThan(1)
  })

  it('gives the same clusters for the same stream', () => {
    const rows = blobs(centres, 30, 9)
    expect(kMeans(rows, 6, { rng: createRng(7) })).toEqual(kMeans(rows, 6, { rng: createRng(7) }))
  })

  const kinds: Readonly<Record<string, (rng: Rng) => Float32Array[]>> = {
    'rows without structure': (rng) => Array.from({ length: 300 }, () => Float32Array.from({ length: 19 }, () => rng.next() - 0.5)),
    'a grid, full of ties': (rng) => Array.from({ length: 300 }, () => Float32Array.of(rng.int(4), rng.int(4), rng.int(3))),
    'a line, uneven': (rng) => Array.from({ length: 40 }, () => Float32Array.of(Math.floor(2 ** (10 * rng.next())), rng.int(2))),
    'few different rows': (rng) => Array.from({ length: 120 }, () => Float32Array.of(rng.int(3), rng.int(3))),
    'sparse rows, some of zeros': (rng) =>
      Array.from({ length: 250 }, () => Float32Array.from({ length: 40 }, () => (rng.next() < 0.08 ? Math.round(3 * rng.next()) : 0))),
    'lexical embeddings': (rng) =>
      lexicalEmbeddings(Array.from({ length: 300 }, () => Array.from({ length: 3 + rng.int(9) }, () => `w${Math.floor(60 * rng.next() ** 3)}`).join(' '))),
    'tight clusters far from the origin': (rng) =>
      Array.from({ length: 300 }, () => Float32Array.from({ length: 6 }, (_, d) => 1000 + ((rng.int(5) * (d + 1)) % 7) + 1e-3 * rng.next())),
    'large and tiny values': (rng) => Array.from({ length: 200 }, () => Float32Array.from({ length: 5 }, () => 10 ** (rng.int(8) - 4) * (rng.next() - 0.5))),
  }

  it.each(Object.keys(kinds))('gives to the bit what computing every distance gives: %s', (kind) => {
    for (let seed = 0; seed < 12; seed++) {
      const rng = createRng(seed, kind)
      const rows = kinds[kind]!(rng)
      const k = 1 + rng.int(40)
      expect(kMeans(rows, k, { rng: createRng(seed), maxIterations: 60 })).toEqual(plainKMeans(rows, k, { rng: createRng(seed), maxIterations: 60 }))
    }
  })

  it('lets others go on, without a change in the result', () => {
    const rng = createRng(3)
    const rows = Array.from({ length: 3000 }, () => Float32Array.from({ length: 8 }, () => rng.next()))
    const steps = kMeansInSteps(rows, 20, { rng: createRng(1) })
    let yields = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) yields++
    expect(step.value).toEqual(kMeans(rows, 20, { rng: createRng(1) }))
    expect(yields).toBeGreaterThan(3000 / 256)
  })

  it('refuses values that are not finite', () => {
    expect(() => kMeans([Float32Array.of(1), Float32Array.of(Number.NaN)], 1, { rng: createRng(1) })).toThrow(/row 1 has others/)
  })

  // Three in six hundred of such sets have a tie that ‖x‖² + ‖c‖² − 2x·c alone breaks the wrong way.
  it.each([189, 250, 543])('breaks ties as computing every distance does, where norms and products round: %d', (seed) => {
    const rng = createRng(seed, 'ties')
    const rows = Array.from({ length: 200 }, () => Float32Array.from({ length: 64 }, (_, d) => 1000.1 + d / 7 + (d < 3 ? rng.int(4) : 0)))
    expect(kMeans(rows, 20, { rng: createRng(seed) })).toEqual(plainKMeans(rows, 20, { rng: createRng(seed) }))
  })
})
