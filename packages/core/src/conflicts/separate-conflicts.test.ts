import { describe, expect, it } from 'vitest'
import { tightGraph } from '../fixtures/tight-graph.ts'
import { createRng, type Rng } from '../rng.ts'
import { rougeL } from '../rouge-l.ts'
import { type ConflictGraph, conflictGraph, conflictGraphOfPairs, conflicting } from './conflict-graph.ts'
import { colourEquitably } from './equitable-colouring.ts'
import { fewestPairs } from './find-clique.ts'
import { limitConflicts } from './limit-conflicts.ts'
import { Partition } from './partition.ts'
import { separateConflicts } from './separate-conflicts.ts'

/** 0 to N − 1 in order, or shuffled, cut into batches. */
function cut(count: number, size: number, rng?: Rng): number[][] {
  const all = Array.from({ length: count }, (_, i) => i)
  const order = rng?.shuffle(all) ?? all
  return Array.from({ length: Math.ceil(count / size) }, (_, b) => order.slice(b * size, (b + 1) * size))
}

function conflictsWithin(batches: readonly (readonly number[])[], graph: ConflictGraph): number {
  let found = 0
  for (const batch of batches) {
    batch.forEach((i, at) => {
      for (const j of batch.slice(at + 1)) if (i === j || conflicting(graph, i, j)) found++
    })
  }
  return found
}

/** As many random pairs as fit below a degree; `allowed` says which. */
function randomGraph(count: number, largest: number, rng: Rng, allowed: (i: number, j: number) => boolean = () => true): ConflictGraph {
  const degrees = new Int32Array(count)
  const seen = new Set<number>()
  const pairs: number[] = []
  for (let attempt = 0; attempt < 4 * count * largest; attempt++) {
    const [i, j] = [rng.int(count), rng.int(count)]
    const key = Math.min(i, j) * count + Math.max(i, j)
    if (i === j || degrees[i]! >= largest || degrees[j]! >= largest || seen.has(key) || !allowed(i, j)) continue
    seen.add(key)
    degrees[i]!++
    degrees[j]!++
    pairs.push(i, j)
  }
  return conflictGraphOfPairs(count, pairs)
}

function cliques(count: number, size: number): ConflictGraph {
  const pairs: number[] = []
  for (let i = 0; i < count; i++) for (let j = i + 1; j < Math.min(count, (Math.floor(i / size) + 1) * size); j++) pairs.push(i, j)
  return conflictGraphOfPairs(count, pairs)
}

function checkSeparated(batches: readonly (readonly number[])[], graph: ConflictGraph, rng: Rng): ReturnType<typeof separateConflicts> {
  const result = separateConflicts(batches, graph, rng)
  expect(result.batches.map(({ length }) => length)).toEqual(batches.map(({ length }) => length))
  expect(result.batches.flat().sort((a, b) => a - b)).toEqual(batches.flat().sort((a, b) => a - b))
  expect(result.conflicts).toBe(conflictsWithin(result.batches, graph))
  if (result.guaranteed) expect(result.conflicts).toBe(0)
  return result
}

/** The fewest conflicts of any way to fill the batches, by trying all. */
function bruteForce(sizes: readonly number[], graph: ConflictGraph): number {
  let best = Number.POSITIVE_INFINITY
  const batches: number[][] = sizes.map(() => [])
  const place = (i: number, so: number): void => {
    if (so >= best) return
    if (i === graph.count) {
      best = so
      return
    }
    const tried = new Set<number>()
    batches.forEach((batch, b) => {
      if (batch.length === sizes[b]) return
      if (batch.length === 0 && tried.has(sizes[b]!)) return // empty batches of a size are alike
      if (batch.length === 0) tried.add(sizes[b]!)
      const more = batch.filter((j) => conflicting(graph, i, j)).length
      batch.push(i)
      place(i + 1, so + more)
      batch.pop()
    })
  }
  place(0, 0)
  return best
}

describe('conflictGraph', () => {
  it('has exactly the pairs above the threshold', () => {
    const rng = createRng(1, 'graph')
    const texts = Array.from({ length: 60 }, () => Array.from({ length: rng.int(9) }, () => `w${rng.int(6)}`).join(' '))
    for (const threshold of [0, 0.2, 0.5, 0.7, 1]) {
      const graph = conflictGraph(texts, threshold)
      let largest = 0
      texts.forEach((a, i) => {
        const expected = texts.flatMap((b, j) => (i !== j && rougeL(a, b) > threshold ? [j] : []))
        expect([...graph.neighbours.subarray(graph.offsets[i], graph.offsets[i + 1])]).toEqual(expected)
        largest = Math.max(largest, expected.length)
      })
      expect(graph.largestDegree).toBe(largest)
    }
    expect(() => conflictGraph([], 1.5)).toThrow(/threshold in \[0, 1\], got 1.5/)
    expect(() => conflictGraphOfPairs(2, [1, 1])).toThrow(/itself/)
    expect(() => conflictGraphOfPairs(2, [1, 2])).toThrow(/below 2/)
  })
})

describe('colourEquitably', () => {
  const settle = (graph: ConflictGraph, size: number): number => {
    const partition = new Partition(graph, cut(graph.count, size))
    colourEquitably(partition, new Uint8Array(graph.count / size).fill(1))
    expect(partition.members.every((members) => members.length === size)).toBe(true)
    expect(partition.members.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: graph.count }, (_, i) => i))
    return conflictsWithin(partition.members, graph)
  }

  it('finds the colouring in the tightest cases there are: cliques of as many as there are classes', () => {
    for (const [classes, size] of [
      [2, 5],
      [3, 4],
      [7, 9],
      [12, 12],
      [25, 6],
    ] as const)
      expect(settle(cliques(classes * size, classes), size)).toBe(0)
  })

  it('finds it in random graphs of the largest degree allowed, and in complete bipartite ones', () => {
    const rng = createRng(2)
    for (let trial = 0; trial < 150; trial++) {
      const [classes, size] = [2 + rng.int(9), 1 + rng.int(12)]
      expect(settle(randomGraph(classes * size, classes - 1, rng), size)).toBe(0)
    }
    for (let trial = 0; trial < 1000; trial++) {
      const [classes, size] = [3 + rng.int(5), 2 + rng.int(4)]
      expect(settle(tightGraph(classes * size, classes - 1, rng), size)).toBe(0)
    }
    for (const side of [3, 5, 7]) {
      // K(r, r) with r odd has no equitable colouring in r classes, but one in r + 1.
      const pairs = Array.from({ length: side * side }, (_, p) => [Math.floor(p / side), side + (p % side)]).flat()
      expect(settle(conflictGraphOfPairs((side + 1) * 2, pairs), 2)).toBe(0)
    }
  })
})

describe('separateConflicts', () => {
  it('leaves none where the degree allows it, short last batch included, up to 2,000', () => {
    const rng = createRng(3)
    for (const [count, size] of [
      [1, 1],
      [10, 3],
      [47, 5],
      [200, 16],
      [331, 32],
      [2000, 64],
      [1999, 128],
    ] as const) {
      const full = Math.floor(count / size)
      for (const graph of [randomGraph(count, full - 1, rng), cliques(count, full), cliques(count, Math.max(1, full >> 1))]) {
        for (const batches of [cut(count, size), cut(count, size, rng)]) {
          const result = checkSeparated(batches, graph, rng)
          expect(result).toMatchObject({ guaranteed: true, conflicts: 0, witness: undefined })
        }
      }
    }
  })

  it('clears the short last batch where chance does not', () => {
    const full = 1000
    const [a, b] = [3 * full, 3 * full + 1] // in conflict, and with one of nearly every full batch
    const pairs = [a, b, ...Array.from({ length: full - 2 }, (_, c) => [a, 3 * c, b, 3 * (c + 2) + 1]).flat()]
    for (let seed = 0; seed < 3; seed++) {
      expect(checkSeparated(cut(3 * full + 2, 3), conflictGraphOfPairs(3 * full + 2, pairs), createRng(seed)).guaranteed).toBe(true)
    }
  })

  it('finds planted solutions beyond that degree', () => {
    const rng = createRng(4)
    for (const [count, size, degree] of [
      [60, 10, 9],
      [300, 30, 14],
      [1999, 100, 40],
    ] as const) {
      const batches = Math.ceil(count / size)
      const planted = Int32Array.from(rng.shuffle(Array.from({ length: count }, (_, i) => Math.floor(i / size))))
      const graph = randomGraph(count, degree, rng, (i, j) => planted[i] !== planted[j])
      expect(graph.largestDegree).toBeGreaterThanOrEqual(batches - 1)
      expect(checkSeparated(cut(count, size, rng), graph, rng)).toMatchObject({ guaranteed: false, conflicts: 0 })
    }
  })

  it('finds the fewest there can be, by brute force on tiny pools', () => {
    const rng = createRng(5)
    let impossible = 0
    for (let trial = 0; trial < 60; trial++) {
      const [count, size] = [2 + rng.int(7), 1 + rng.int(4)]
      const graph = randomGraph(count, 1 + rng.int(count - 1), rng)
      const batches = cut(count, size, rng)
      const fewest = bruteForce(
        batches.map(({ length }) => length),
        graph,
      )
      const result = checkSeparated(batches, graph, rng)
      expect(result.conflicts).toBe(fewest)
      if (fewest === 0) expect(result.witness).toBeUndefined()
      else impossible++
    }
    expect(impossible).toBeGreaterThan(10)
  })

  it('shows a group that proves conflicts cannot be avoided', () => {
    const rng = createRng(6)
    const { conflicts, guaranteed, witness } = checkSeparated(cut(100, 10), cliques(100, 23), rng)
    expect(guaranteed).toBe(false)
    expect(witness).toHaveLength(23)
    expect(new Set(witness!.map((i) => Math.floor(i / 23))).size).toBe(1)
    expect(fewestPairs(23, 10)).toBe(16) // three batches with 3 of them, seven with 2
    expect(conflicts).toBe(4 * 16)
  })

  it('keeps two draws of one instruction apart', () => {
    const rng = createRng(7)
    const batches = [
      [0, 0, 1, 2],
      [3, 4, 5, 6],
      [7, 7, 8, 8],
      [1, 2, 3, 9],
    ]
    expect(checkSeparated(batches, conflictGraphOfPairs(10, [0, 1]), rng).conflicts).toBe(0)
  })

  it('changes nothing where nothing conflicts, and gives the same for the same stream', () => {
    const graph = randomGraph(90, 5, createRng(8))
    const once = separateConflicts(cut(90, 10), graph, createRng(9))
    expect(separateConflicts(cut(90, 10), graph, createRng(9))).toEqual(once)
    expect(separateConflicts(once.batches, graph, createRng(10)).batches).toEqual(once.batches)
    expect(separateConflicts([], conflictGraphOfPairs(0, []), createRng(1))).toMatchObject({ batches: [], conflicts: 0 })
    expect(() => separateConflicts([[3]], conflictGraphOfPairs(3, []), createRng(1))).toThrow(/below 3/)
  })

  it('does as well when everything is renumbered and the batches stand in another order', () => {
    const rng = createRng(11)
    const name = rng.shuffle(Array.from({ length: 300 }, (_, i) => i))
    const graph = randomGraph(300, 9, rng)
    const pairs: number[] = []
    for (let i = 0; i < 300; i++) for (const j of graph.neighbours.subarray(graph.offsets[i], graph.offsets[i + 1])) if (i < j) pairs.push(name[i]!, name[j]!)
    const batches = rng.shuffle(cut(300, 30).map((batch) => batch.map((i) => name[i]!)))
    expect(checkSeparated(batches, conflictGraphOfPairs(300, pairs), rng)).toMatchObject({ guaranteed: true, conflicts: 0 })
  })
})

describe('limitConflicts', () => {
  it('keeps epochs whole and takes their conflicts out, whatever composed them', () => {
    const rng = createRng(12)
    const graph = cliques(50, 6)
    const composed = [1, 2, 3].flatMap((epoch) => cut(50, 7, rng).map((indices) => ({ indices, epoch })))
    const limited = [...limitConflicts(composed, graph, rng)]
    expect(limited.map(({ epoch, indices }) => [epoch, indices.length])).toEqual(composed.map(({ epoch, indices }) => [epoch, indices.length]))
    for (const epoch of [1, 2, 3]) {
      const own = limited.filter((batch) => batch.epoch === epoch).map(({ indices }) => indices)
      expect(own.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i))
      expect(conflictsWithin(own, graph)).toBe(0)
    }
    expect(limited[0]!.limit).toEqual({ conflicts: 0, guaranteed: true, witness: undefined })
    expect([...limitConflicts(composed.slice(0, 3), graph, rng)].length).toBe(3)
  })
})
