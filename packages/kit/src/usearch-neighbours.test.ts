import { createRng, createSemanticIndex, type Rng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { loadUsearchNeighbours } from './usearch-neighbours.ts'

const search = await loadUsearchNeighbours()

/** Two in three rows are edits of an earlier one. */
function makeRows(count: number, dimensions: number, rng: Rng): Float32Array[] {
  const rows: Float32Array[] = []
  while (rows.length < count) {
    const base = rows.length > 0 && rng.next() < 0.67 ? rng.pick(rows) : undefined
    const noise = base === undefined ? 1 : rng.next()
    rows.push(Float32Array.from({ length: dimensions }, (_, d) => (base?.[d] ?? 0) + noise * (rng.next() - 0.5)))
  }
  return rows
}

describe('usearch as a neighbour search', () => {
  const rows = makeRows(3000, 48, createRng(1, 'rows'))
  const queries = makeRows(3000, 48, createRng(1, 'rows')).map((row, i) => row.map((value) => value + 0.2 * (createRng(i).next() - 0.5)))

  it('finds at least 98 % of the neighbours above 0.8 that there are, and scores them exactly', () => {
    const exact = createSemanticIndex()
    const approximate = createSemanticIndex({ search, exactUpTo: 100 })
    for (const row of rows) {
      exact.add(row)
      approximate.add(row)
    }
    expect(approximate.exact).toBe(false)
    let found = 0
    let present = 0
    for (const query of queries.slice(0, 400)) {
      const { nearest } = exact.judge(query, 0.8)
      const { nearest: proposed } = approximate.judge(query, 0.8)
      if (proposed?.entry === nearest!.entry) expect(proposed.score).toBe(nearest!.score)
      if (nearest!.score <= 0.8) continue
      present++
      if (proposed?.entry === nearest!.entry) found++
    }
    expect(present).toBeGreaterThan(200)
    expect(found / present).toBeGreaterThanOrEqual(0.98)
  })

  it('leads to the same answers after the same rows', () => {
    const answers = [1, 2].map(() => {
      const index = createSemanticIndex({ search, exactUpTo: 100 })
      for (const row of rows.slice(0, 1500)) index.add(row)
      return queries.slice(0, 300).map((query) => index.topK(query, 10))
    })
    expect(answers[0]).toEqual(answers[1])
  })

  it('forgets what was removed', () => {
    const index = createSemanticIndex({ search, exactUpTo: 10 })
    for (const row of rows.slice(0, 300)) index.add(row)
    for (let entry = 0; entry < 300; entry += 2) index.remove(entry)
    for (const query of queries.slice(0, 50)) for (const { entry } of index.topK(query, 20)) expect(entry % 2).toBe(1)
  })
})
