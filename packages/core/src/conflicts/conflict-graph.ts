import { createNoveltyIndex } from '../novelty-index.ts'
import type { TokenizerName } from '../tokenizers.ts'

/** Which of N instructions may not share a batch: an undirected graph without loops, in compressed rows. */
export type ConflictGraph = {
  /** N. */
  readonly count: number
  /** (N + 1,) the neighbours of i are `neighbours[offsets[i]]` to `neighbours[offsets[i + 1] − 1]`. */
  readonly offsets: Int32Array
  /** (2E,) ascending within a row, each pair in both rows. */
  readonly neighbours: Int32Array
  /** Δ: the most conflicts one instruction has; 0 without any. */
  readonly largestDegree: number
}

/**
 * The pairs of texts whose ROUGE-L F is greater than the threshold, all of them: `batchSimilarity` counts the same.
 *
 * Threshold in [0, 1]; at 1 there are none, and texts without words conflict with nothing. Cost: one `range` of the novelty index per
 * text, which is far below N² for thresholds from 0.3; below that every pair is compared. Throws RangeError for another threshold.
 */
export function conflictGraph(
  texts: readonly string[],
  threshold: number,
  { tokenizer }: { readonly tokenizer?: TokenizerName | undefined } = {},
): ConflictGraph {
  if (!(threshold >= 0 && threshold <= 1)) throw new RangeError(`conflictGraph: expected a threshold in [0, 1], got ${threshold}`)
  const index = createNoveltyIndex({ threshold: Math.max(0.3, threshold), tokenizer })
  const pairs: number[] = []
  texts.forEach((text, i) => {
    for (const { entry } of index.range(text, threshold)) pairs.push(entry, i)
    index.add(text)
  })
  return conflictGraphOfPairs(texts.length, pairs)
}

/** The graph of pairs given flat: `[i, j, i, j, …]`, each pair once, i ≠ j. Cost O(N + E log Δ). Throws RangeError for a number outside 0 to N − 1 or a loop. */
export function conflictGraphOfPairs(count: number, pairs: ArrayLike<number>): ConflictGraph {
  const offsets = new Int32Array(count + 1) // (N + 1,)
  for (let p = 0; p < pairs.length; p++) {
    const i = pairs[p]!
    if (!(i >= 0 && i < count)) throw new RangeError(`conflictGraphOfPairs: expected numbers below ${count}, got ${i}`)
    if (i === pairs[p ^ 1]) throw new RangeError(`conflictGraphOfPairs: expected pairs of two, got ${i} with itself`)
    offsets[i + 1]!++
  }
  let largestDegree = 0
  for (let i = 0; i < count; i++) {
    largestDegree = Math.max(largestDegree, offsets[i + 1]!)
    offsets[i + 1]! += offsets[i]!
  }
  const neighbours = new Int32Array(pairs.length) // (2E,)
  const next = offsets.slice(0, count)
  for (let p = 0; p < pairs.length; p++) neighbours[next[pairs[p]!]!++] = pairs[p ^ 1]!
  for (let i = 0; i < count; i++) neighbours.subarray(offsets[i]!, offsets[i + 1]!).sort()
  return { count, offsets, neighbours, largestDegree }
}

export function conflicting({ offsets, neighbours }: ConflictGraph, i: number, j: number): boolean {
  let low = offsets[i]!
  let high = offsets[i + 1]!
  while (low < high) {
    const middle = (low + high) >> 1
    if (neighbours[middle]! < j) low = middle + 1
    else high = middle
  }
  return low < offsets[i + 1]! && neighbours[low] === j
}
