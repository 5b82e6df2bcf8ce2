import { describe, expect, it } from 'vitest'
import { kMeans } from './k-means.ts'
import { createRng } from './rng.ts'

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
})
