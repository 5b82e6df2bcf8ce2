import { describe, expect, it } from 'vitest'
import { createRng, type Rng } from './rng.ts'
import { createSemanticIndex, type NeighbourSearch, type SemanticIndexOptions } from './semantic-index.ts'

const thresholds = [0, 0.2, 0.5, 0.8, 0.95, 1]

/** Edits of earlier rows and new ones; some repeat an earlier one, some are another multiple of it. */
function rowStream(rng: Rng, dimensions: number): () => Float32Array {
  const rows: Float32Array[] = []
  return () => {
    const base = rows.length > 0 && rng.next() < 0.7 ? rng.pick(rows) : undefined
    const noise = base === undefined ? 1 : rng.pick([0, 0, 0.1, 0.3, 0.6])
    const scale = rng.pick([1, 1, 0.25, 3])
    const row = Float32Array.from({ length: dimensions }, (_, d) => scale * ((base?.[d] ?? 0) + noise * (rng.next() - 0.5)))
    rows.push(row)
    return row
  }
}

/** The definition, said plainly; entries that were removed are undefined. */
function createOracle() {
  const rows: (Float32Array | undefined)[] = []
  const scores = (row: Float32Array) => rows.flatMap((other, entry) => (other === undefined ? [] : [{ entry, score: cosine(row, other) }]))
  return {
    rows,
    scores,
    best: (row: Float32Array) => scores(row).sort((a, b) => b.score - a.score || a.entry - b.entry),
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, d) => sum + value * y[d]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

/** Scores agree to rounding; entries exactly, but for scores that are equal to rounding. */
function expectNeighbour(got: { readonly entry: number; readonly score: number } | undefined, expected: ReturnType<ReturnType<typeof createOracle>['best']>) {
  const [best] = expected
  if (best === undefined || best.score <= 0) return expect(got).toBeUndefined()
  expect(got!.score).toBeCloseTo(best.score, 11)
  expect(expected.filter(({ score }) => Math.abs(score - best.score) < 1e-11).map(({ entry }) => entry)).toContain(got!.entry)
}

const notNear = (scores: readonly { readonly score: number }[], threshold: number): boolean => scores.every(({ score }) => Math.abs(score - threshold) > 1e-9)

describe('createSemanticIndex against every pair', () => {
  it.each([3, 32, 50, 256])('answers alike on rows of %d, through insertions and removals', (dimensions) => {
    const rng = createRng(1, dimensions)
    const next = rowStream(rng, dimensions)
    const index = createSemanticIndex()
    const oracle = createOracle()
    let asked = 0
    for (let i = 0; i < 400; i++) {
      const row = next()
      const threshold = thresholds[i % thresholds.length]!
      const best = oracle.best(row)
      if (notNear(best, threshold)) {
        asked++
        const { novel, nearest } = index.judge(row, threshold)
        expect(novel).toBe(best.every(({ score }) => score <= threshold))
        expectNeighbour(nearest, best)
        expect(index.range(row, threshold).map(({ entry }) => entry)).toEqual(
          oracle.scores(row).flatMap(({ entry, score }) => (score > threshold ? [entry] : [])),
        )
      }
      const top = index.topK(row, 5)
      const positive = best.filter(({ score }) => score > 0).slice(0, 5)
      expect(top.length).toBe(positive.length)
      for (const [at, { score }] of top.entries()) expect(score).toBeCloseTo(positive[at]!.score, 11)
      if (best.length > 0) expect(index.averageSimilarity(row)).toBeCloseTo(best.reduce((sum, { score }) => sum + score, 0) / best.length, 11)
      expect(index.add(row)).toBe(oracle.rows.push(row) - 1)
      if (i % 9 === 0) {
        const entry = rng.int(i + 1)
        expect(index.remove(entry)).toBe(oracle.rows[entry] !== undefined)
        oracle.rows[entry] = undefined
      }
      expect(index.size).toBe(oracle.rows.filter((one) => one !== undefined).length)
    }
    expect(asked).toBeGreaterThan(200)
  })

  it('finds the earliest of equal rows, and calls every multiple of a row the same', () => {
    const rng = createRng(2)
    for (let trial = 0; trial < 50; trial++) {
      const index = createSemanticIndex()
      const row = Float32Array.from({ length: 40 }, () => rng.next() - 0.5)
      for (const scale of [1, 0.5, 3]) index.add(row.map((value) => scale * value))
      index.add(Float32Array.from({ length: 40 }, () => rng.next()))
      const multiple = row.map((value) => 0.125 * value)
      expect(index.judge(multiple, 0.99)).toEqual({ novel: false, nearest: { entry: 0, score: 1 } })
      expect(index.topK(multiple, 3)).toEqual([0, 1, 2].map((entry) => ({ entry, score: 1 })))
      expect(index.judge(multiple, 1).novel).toBe(true)
      index.remove(0)
      expect(index.judge(multiple, 0.99).nearest).toEqual({ entry: 1, score: 1 })
    }
  })

  it('cuts a long list of neighbours down to k without losing one', () => {
    const rng = createRng(3)
    const index = createSemanticIndex()
    const rows = Array.from({ length: 600 }, () => Float32Array.from({ length: 8 }, () => rng.next()))
    for (const row of rows) index.add(row)
    const all = index.range(rows[7]!, 0).sort((a, b) => b.score - a.score || a.entry - b.entry)
    expect(all.length).toBe(600)
    for (const k of [0, 1, 10, 599, 700]) expect(index.topK(rows[7]!, k)).toEqual(all.slice(0, k))
  })
})

describe('cosines of the semantic index', () => {
  it('are symmetric to the bit and in [−1, 1]', () => {
    const rng = createRng(4)
    const next = rowStream(rng, 77)
    for (let trial = 0; trial < 200; trial++) {
      const [a, b] = [next(), next()]
      const [one, other] = [createSemanticIndex(), createSemanticIndex()]
      one.add(a)
      other.add(b)
      expect(one.averageSimilarity(b)).toBe(other.averageSimilarity(a))
      expect(Math.abs(one.averageSimilarity(b))).toBeLessThanOrEqual(1)
      expect(one.averageSimilarity(a)).toBe(1)
    }
  })

  it('keep everything at a higher threshold that a lower one keeps, and find there a part of what is in range', () => {
    const rng = createRng(5)
    const next = rowStream(rng, 24)
    const index = createSemanticIndex()
    for (let i = 0; i < 300; i++) {
      const row = next()
      const verdicts = thresholds.map((threshold) => index.judge(row, threshold).novel)
      expect(verdicts).toEqual(verdicts.toSorted((a, b) => Number(a) - Number(b)))
      const ranges = thresholds.map((threshold) => index.range(row, threshold).map(({ entry }) => entry))
      for (const [at, range] of ranges.slice(1).entries()) expect(ranges[at]).toEqual(expect.arrayContaining(range))
      index.add(row)
    }
  })

  it('name no neighbour of a novel row when only rejections matter', () => {
    const index = createSemanticIndex({ nearest: 'rejected' })
    index.add(Float32Array.of(1, 0))
    expect(index.judge(Float32Array.of(4, 3), 0.85)).toEqual({ novel: true, nearest: undefined })
    expect(index.judge(Float32Array.of(4, 3), 0.7)).toEqual({ novel: false, nearest: { entry: 0, score: 0.8 } })
  })

  it('are asked of an empty index', () => {
    const index = createSemanticIndex({ dimensions: 2 })
    const row = Float32Array.of(1, 1)
    expect([index.judge(row, 0), index.topK(row, 3), index.range(row, 0)]).toEqual([{ novel: true, nearest: undefined }, [], []])
    expect(index.averageSimilarity(row)).toBeNaN()
    expect(index.remove(0)).toBe(false)
  })
})

describe('rows that cannot be compared', () => {
  it.each([
    ['another length', Float32Array.of(1, 2, 3), /rows of 2 values, got one of 3/],
    ['zeros', Float32Array.of(0, 0), /a direction, got one of zeros/],
    ['NaN', Float32Array.of(1, Number.NaN), /finite numbers, got NaN/],
    ['infinity', Float32Array.of(1, Number.POSITIVE_INFINITY), /finite numbers, got Infinity/],
  ])('%s', (_, row, message) => {
    const index = createSemanticIndex()
    index.add(Float32Array.of(1, 2))
    for (const ask of [() => index.add(row), () => index.judge(row, 0.5), () => index.topK(row, 1), () => index.range(row, 0.5)]) expect(ask).toThrow(message)
    expect(index.size).toBe(1)
  })

  it('thresholds outside [0, 1]', () => {
    const index = createSemanticIndex()
    for (const threshold of [-0.1, 1.1, Number.NaN]) expect(() => index.judge(Float32Array.of(1), threshold)).toThrow(/threshold in \[0, 1\]/)
  })
})

/** Exact but forgetful: proposes only entries that `knows` is true for. */
function leakySearch(knows: (entry: number) => boolean = () => true): NeighbourSearch & { readonly calls: string[] } {
  const rows = new Map<number, Float32Array>()
  const calls: string[] = []
  return {
    calls,
    add(entry, row) {
      calls.push(`+${entry}`)
      rows.set(entry, row)
    },
    remove(entry) {
      calls.push(`-${entry}`)
      rows.delete(entry)
    },
    propose: (row, k) =>
      [...rows]
        .filter(([entry]) => knows(entry))
        .sort(([, a], [, b]) => cosine(row, b) - cosine(row, a))
        .slice(0, k)
        .map(([entry]) => entry),
  }
}

describe('a semantic index beyond its exact size', () => {
  const large = (options: SemanticIndexOptions = {}) => createSemanticIndex({ exactUpTo: 50, proposals: 4, ...options })

  it('answers as the exact one when the search misses nothing, through the change, removals and snapshots', () => {
    const rng = createRng(6)
    const next = rowStream(rng, 16)
    const exact = createSemanticIndex()
    const make = (snapshot?: Uint8Array) => large({ proposals: 60, search: () => leakySearch(), snapshot }) // more than rows of one direction
    let index = make()
    for (let i = 0; i < 300; i++) {
      const row = next()
      const threshold = thresholds[i % thresholds.length]!
      expect(index.judge(row, threshold)).toEqual(exact.judge(row, threshold))
      expect(index.range(row, threshold)).toEqual(exact.range(row, threshold))
      expect(index.topK(row, 3)).toEqual(exact.topK(row, 3))
      expect(index.add(row)).toBe(exact.add(row))
      if (i % 11 === 0) {
        const entry = rng.int(i + 1)
        expect(index.remove(entry)).toBe(exact.remove(entry))
      }
      if (i % 60 === 59) index = make(index.snapshot())
    }
    expect(index.exact).toBe(false)
  })

  it('takes older rows in while new ones come, and says when it is no longer exact', () => {
    const search = leakySearch()
    const next = rowStream(createRng(7), 8)
    const index = large({ search: () => search })
    const states: boolean[] = []
    for (let i = 0; i < 70; i++) {
      index.add(next())
      states.push(index.exact)
    }
    expect(states.indexOf(false)).toBe(56) // 51 rows: nine of them; six adds later all 57
    expect(states.slice(56).every((exact) => !exact)).toBe(true)
    expect(search.calls).toEqual(Array.from({ length: 70 }, (_, entry) => `+${entry}`))
  })

  it('misses what the search misses and never gets a score wrong', () => {
    const next = rowStream(createRng(8), 8)
    const index = large({ search: () => leakySearch((entry) => entry !== 3) })
    const rows = Array.from({ length: 100 }, () => next())
    for (const row of rows) index.add(row)
    expect(index.topK(rows[3]!, 100).some(({ entry }) => entry === 3)).toBe(false)
    for (const { entry, score } of index.topK(rows[9]!, 100)) expect(score).toBeCloseTo(cosine(rows[9]!, rows[entry]!), 11)
  })

  it('takes removed entries out of the search, and ignores proposals of entries that are not there', () => {
    const search = leakySearch()
    const next = rowStream(createRng(9), 8)
    const index = large({ search: () => ({ ...search, remove: () => {} }) })
    const rows = Array.from({ length: 80 }, () => next())
    for (const row of rows) index.add(row)
    index.remove(5)
    expect(index.topK(rows[5]!, 80).some(({ entry }) => entry === 5)).toBe(false)
  })

  it('stays exact without a search', () => {
    const next = rowStream(createRng(10), 8)
    const index = large()
    for (let i = 0; i < 100; i++) index.add(next())
    expect(index.exact).toBe(true)
  })

  it('is in the same state after the same rows, however often it was asked', () => {
    const rows = Array.from({ length: 60 }, rowStream(createRng(11), 8))
    const [quiet, asked] = [leakySearch(), leakySearch()]
    const [one, other] = [large({ search: () => quiet }), large({ search: () => asked })]
    for (const row of rows) {
      one.add(row)
      for (let i = 0; i < 5; i++) other.judge(row, 0.5)
      other.add(row)
    }
    expect(quiet.calls).toEqual(asked.calls)
  })
})

describe('snapshots of the semantic index', () => {
  function filled() {
    const next = rowStream(createRng(12), 20)
    const index = createSemanticIndex({ embedding: 'test/one' })
    for (let i = 0; i < 50; i++) index.add(next())
    for (const entry of [0, 7, 49]) index.remove(entry)
    return { index, next }
  }

  it('go on with the same answers and numbers, and are the same bytes again', () => {
    const { index, next } = filled()
    const copy = createSemanticIndex({ embedding: 'test/one', snapshot: index.snapshot() })
    expect(copy.snapshot()).toEqual(index.snapshot())
    for (let i = 0; i < 40; i++) {
      const row = next()
      expect(copy.judge(row, 0.7)).toEqual(index.judge(row, 0.7))
      expect(copy.averageSimilarity(row)).toBe(index.averageSimilarity(row))
      expect(copy.add(row)).toBe(index.add(row))
    }
  })

  it('of an empty index take rows of any length', () => {
    const copy = createSemanticIndex({ snapshot: createSemanticIndex().snapshot() })
    expect(copy.add(Float32Array.of(1, 2, 3))).toBe(0)
  })

  it.each([
    ['another embedding', (bytes: Uint8Array) => bytes, { embedding: 'test/two' }, /rows of “test\/one”; got the embedding “test\/two”/],
    ['other dimensions', (bytes: Uint8Array) => bytes, { dimensions: 3 }, /rows of 20 values; got dimensions 3/],
    ['something else', () => new Uint8Array(100), {}, /it is not one/],
    ['another version', (bytes: Uint8Array) => bytes.with(8, 9), {}, /its version is 9, this release reads 1/],
    ['a cut file', (bytes: Uint8Array) => bytes.slice(0, -5), {}, /it was cut or joined/],
    ['a changed byte', (bytes: Uint8Array) => bytes.with(bytes.length - 3, bytes.at(-3)! ^ 1), {}, /checksum/],
  ])('refuse %s', (_, change, options, message) => {
    const { index } = filled()
    expect(() => createSemanticIndex({ embedding: 'test/one', ...options, snapshot: change(index.snapshot()) })).toThrow(message)
  })
})
