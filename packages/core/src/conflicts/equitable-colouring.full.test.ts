import { expect, it } from 'vitest'
import { tightGraph } from '../fixtures/tight-graph.ts'
import { createRng } from '../rng.ts'
import { colourEquitably } from './equitable-colouring.ts'
import { Partition } from './partition.ts'
import { separateConflicts } from './separate-conflicts.ts'

const inOrder = (classes: number, size: number): number[][] => Array.from({ length: classes }, (_, c) => Array.from({ length: size }, (_, i) => c * size + i))

// Both cases of the proof and its recursion come up in 140,000 of these; the second case about once in 15,000.
it('finds the equitable colouring of every small graph of the largest degree allowed', () => {
  const rng = createRng(3)
  for (let trial = 0; trial < 140_000; trial++) {
    const [classes, size] = [3 + rng.int(5), 2 + rng.int(4)]
    const partition = new Partition(tightGraph(classes * size, classes - 1, rng), inOrder(classes, size))
    colourEquitably(partition, new Uint8Array(classes).fill(1))
    if (partition.inConflict().length > 0 || partition.members.some(({ length }) => length !== size)) throw new Error(`trial ${trial}`)
  }
}, 600_000)

it('leaves no conflict in pools of 2,000 of the largest degree allowed', () => {
  const rng = createRng(4)
  for (const size of [8, 20, 64, 128, 333]) {
    const full = Math.floor(2000 / size)
    for (let trial = 0; trial < 4; trial++) {
      const graph = tightGraph(2000, full - 1, rng)
      const batches = Array.from({ length: Math.ceil(2000 / size) }, (_, b) => Array.from({ length: Math.min(size, 2000 - b * size) }, (_, i) => b * size + i))
      const result = separateConflicts(batches, graph, rng)
      expect(result).toMatchObject({ guaranteed: true, conflicts: 0 })
      expect(result.batches.map(({ length }) => length)).toEqual(batches.map(({ length }) => length))
      expect(new Partition(graph, result.batches).inConflict()).toEqual([])
    }
  }
}, 600_000)
