import { batchSimilarity, type ComposedBatch, type ConflictGraph } from '@sedi/core'

export type BatchesDescription = {
  /** Mean over pairs of a batch, and the largest pair of a batch; means over the batches looked at. NaN without embeddings. */
  readonly meanCosine: number
  readonly largestCosine: number
  readonly meanRouge: number
  /** Over all batches. */
  readonly conflicts: number
  readonly batchesInConflict: number
}

/** Batches whose pairs are compared, evenly spread over the epoch, its end included. */
const looked = 100

export function describeBatches(
  batches: readonly ComposedBatch[],
  texts: readonly string[],
  rows: readonly Float32Array[] | undefined,
  graph: ConflictGraph,
): BatchesDescription {
  const some = new Set(Array.from({ length: Math.min(looked, batches.length) }, (_, i) => batches.length - 1 - Math.floor((i * batches.length) / looked)))
  const spread = [...some].filter((b) => b >= 0 && batches[b]!.indices.length > 1).map((b) => batches[b]!.indices)
  const cosines = spread.map((indices) => (rows === undefined ? { mean: Number.NaN, largest: Number.NaN } : cosinesWithin(indices.map((i) => rows[i]!))))
  const conflicts = batches.map(({ indices }) => conflictsWithin(indices, graph))
  return {
    meanCosine: mean(cosines.map((one) => one.mean)),
    largestCosine: mean(cosines.map((one) => one.largest)),
    meanRouge: mean(
      spread.map(
        (indices) =>
          1 -
          batchSimilarity(
            indices.map((i) => texts[i]!),
            1,
          ).diversity!,
      ),
    ),
    conflicts: conflicts.reduce((sum, one) => sum + one, 0),
    batchesInConflict: conflicts.filter((one) => one > 0).length,
  }
}

/** Rows are unit or 0. */
function cosinesWithin(rows: readonly Float32Array[]): { readonly mean: number; readonly largest: number } {
  let sum = 0
  let largest = -1
  rows.forEach((a, i) => {
    for (let j = 0; j < i; j++) {
      const b = rows[j]!
      let dot = 0
      for (let d = 0; d < a.length; d++) dot += a[d]! * b[d]!
      sum += dot
      largest = Math.max(largest, dot)
    }
  })
  return { mean: sum / ((rows.length * (rows.length - 1)) / 2), largest }
}

function conflictsWithin(indices: readonly number[], { offsets, neighbours }: ConflictGraph): number {
  const members = new Set(indices)
  let found = 0
  for (const i of indices) for (let at = offsets[i]!; at < offsets[i + 1]!; at++) if (members.has(neighbours[at]!)) found++
  return found / 2
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
