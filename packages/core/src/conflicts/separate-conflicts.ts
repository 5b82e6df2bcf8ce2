import type { Rng } from '../rng.ts'
import { type ConflictGraph, conflictGraphOfPairs } from './conflict-graph.ts'
import { colourEquitably } from './equitable-colouring.ts'
import { fewestConflicts } from './fewest-conflicts.ts'
import { fewestPairs, findClique } from './find-clique.ts'
import { Partition } from './partition.ts'

export type Separation = {
  /** The same instructions in batches of the same sizes. */
  readonly batches: readonly (readonly number[])[]
  /** Pairs left that conflict and share a batch; the same instruction twice in a batch is such a pair. */
  readonly conflicts: number
  /** Whether 0 was certain beforehand: largest degree + 1 ≤ number of full batches, and all batches but at most one shorter are full. */
  readonly guaranteed: boolean
  /** Where 0 is impossible and it was found out why: instructions of which any two conflict, more than there are batches; ascending. */
  readonly witness: readonly number[] | undefined
}

/** Random partners tried for an instruction in conflict before anything dearer. */
const tries = 64

/**
 * Exchanges instructions between batches until no two of a batch conflict. Batches without conflicts stay as they are, unless an
 * instruction of theirs is the partner of an exchange.
 *
 * With Δ + 1 ≤ ⌊N/B⌋ none is left, the short last batch included. Proof: an instruction excludes at most Δ + 1 (itself and its
 * neighbours), so while the short batch holds fewer than B others exclude fewer than B(Δ + 1) ≤ N, and it can be filled without conflict;
 * the rest is ⌊N/B⌋ batches of B in a graph of no larger degree, which Hajnal and Szemerédi's theorem covers (`colourEquitably`).
 * Otherwise the fewest found, by a search of bounded length, with a witness where a clique shows that 0 is impossible.
 *
 * Random exchanges settle nearly everything at O(Δ) each; then the cost is that of `colourEquitably`. Building up costs O(N + E).
 * The same arguments and stream give the same batches. Throws RangeError for an index outside the graph.
 */
export function separateConflicts(batches: readonly (readonly number[])[], graph: ConflictGraph, rng: Rng): Separation {
  const instructions = batches.flat()
  const draws = graphOfDraws(instructions, graph)
  let draw = 0
  const partition = new Partition(
    draws,
    batches.map((batch) => batch.map(() => draw++)),
  )
  const full = batches.reduce((size, batch) => Math.max(size, batch.length), 0)
  const shorter = batches.flatMap((batch, b) => (batch.length < full ? [b] : []))
  const guaranteed = shorter.length <= 1 && draws.largestDegree + 1 <= batches.length - shorter.length
  let left = exchangeAtRandom(partition, rng)
  let witness: number[] | undefined
  if (left.length > 0 && guaranteed) {
    const scope = new Uint8Array(batches.length).fill(1)
    for (const b of shorter) {
      clearBatch(partition, b, rng)
      scope[b] = 0
    }
    colourEquitably(partition, scope)
    left = []
  } else if (left.length > 0) {
    witness = findClique(draws, batches.length)
    fewestConflicts(partition, { rng, enough: witness === undefined ? 0 : fewestPairs(witness.length, batches.length) })
  }
  return {
    batches: partition.members.map((members) => members.map((one) => instructions[one]!)),
    conflicts: left.length === 0 ? 0 : partition.conflicts(),
    guaranteed,
    witness: witness?.map((one) => instructions[one]!).sort((a, b) => a - b),
  }
}

/** Conflicts between draws 0, 1, … of instructions: draws of the same instruction conflict as well. */
function graphOfDraws(instructions: readonly number[], { count, offsets, neighbours }: ConflictGraph): ConflictGraph {
  const drawsOf = new Int32Array(count).fill(-1) // the latest draw of an instruction …
  const before = new Int32Array(instructions.length) // … and the one before it
  const pairs: number[] = []
  instructions.forEach((instruction, draw) => {
    if (!(instruction >= 0 && instruction < count)) throw new RangeError(`separateConflicts: expected instructions below ${count}, got ${instruction}`)
    const pairWith = (other: number): void => {
      for (let one = drawsOf[other]!; one >= 0; one = before[one]!) pairs.push(one, draw)
    }
    pairWith(instruction)
    for (let at = offsets[instruction]!; at < offsets[instruction + 1]!; at++) pairWith(neighbours[at]!)
    before[draw] = drawsOf[instruction]!
    drawsOf[instruction] = draw
  })
  return conflictGraphOfPairs(instructions.length, pairs)
}

/** Exchanges that leave both sides without conflict; returns who still has one. */
function exchangeAtRandom(partition: Partition, rng: Rng): number[] {
  const { classOf } = partition
  const left = partition.inConflict().filter((v) => {
    for (let attempt = 0; attempt < tries && partition.conflictsOf(v) > 0; attempt++) {
      const w = rng.int(classOf.length)
      const [b, c] = [classOf[v]!, classOf[w]!]
      if (b === c || partition.conflictsIn(v, c) > 0 || partition.conflictsIn(w, b) > 0) continue
      partition.exchange(v, w)
    }
    return partition.conflictsOf(v) > 0
  })
  return left.filter((v) => partition.conflictsOf(v) > 0)
}

/** Makes one batch free of conflicts, whatever that does to the others. */
function clearBatch(partition: Partition, batch: number, rng: Rng): void {
  const { classOf } = partition
  for (const v of [...partition.members[batch]!]) {
    if (partition.conflictsOf(v) === 0) continue
    const start = rng.int(classOf.length)
    for (let at = 0; at < classOf.length; at++) {
      const w = (start + at) % classOf.length
      if (classOf[w] === batch) continue
      const pairs = partition.conflictsIn(w, batch)
      if (pairs > 1 || (pairs === 1 && !adjacentIn(partition, v, w))) continue
      partition.exchange(v, w)
      break
    }
  }
}

function adjacentIn({ graph }: Partition, v: number, w: number): boolean {
  return graph.neighbours.subarray(graph.offsets[v]!, graph.offsets[v + 1]!).includes(w)
}
