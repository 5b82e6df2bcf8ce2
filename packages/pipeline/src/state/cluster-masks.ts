import type { BatchFact, ExampleId, StepFact } from '@sedi/spec'

/** Fewer rows than this say nothing about a cluster. */
const fewestRows = 4

/**
 * The examples of clusters that a gap mask would leave out beyond `share`: there it is likely that the student is wrong, not the answers. What
 * counts is each example's latest gap in the rounds before; clusters are those of the round to come.
 */
export function exemptExamples(
  batches: readonly BatchFact[],
  earlier: { readonly steps: readonly StepFact[]; readonly batches: readonly BatchFact[] },
  { threshold, share }: { readonly threshold: number; readonly share: number },
): ExampleId[] {
  const gaps = latestGaps(earlier.steps, earlier.batches)
  const rows = clusteredRows(batches)
  const unique = [...new Map(rows.map((row) => [row.id, row])).values()]
  const known = unique.flatMap(({ id, cluster }) => (gaps.has(id) ? [{ cluster, masked: gaps.get(id)! > threshold }] : []))
  const over = new Set(clustersBeyond(share, known).map(({ cluster }) => cluster))
  return unique.filter(({ cluster }) => over.has(cluster)).map(({ id }) => id)
}

function latestGaps(steps: readonly StepFact[], batches: readonly BatchFact[]): Map<ExampleId, number> {
  const batchByStep = new Map(batches.map((batch) => [batch.step, batch]))
  const gaps = new Map<ExampleId, number>()
  for (const { step, exampleGaps } of steps) {
    for (const [row, id] of (batchByStep.get(step)?.exampleIds ?? []).entries()) {
      const gap = exampleGaps?.[row]
      if (gap !== undefined) gaps.set(id, gap)
    }
  }
  return gaps
}

/** Every row of the batches that have clusters. */
function clusteredRows(batches: readonly BatchFact[]): { readonly id: ExampleId; readonly cluster: number }[] {
  return batches.flatMap(({ exampleIds, clusters }) => (clusters === null ? [] : exampleIds.map((id, row) => ({ id, cluster: clusters[row]! }))))
}

export type MaskedCluster = { readonly cluster: number; readonly rows: number; readonly masked: number }

/** Of clusters with any masked row, by cluster. */
export function countMasked(rows: readonly { readonly cluster: number; readonly masked: boolean }[]): MaskedCluster[] {
  const counts = new Map<number, MaskedCluster>()
  for (const { cluster, masked } of rows) {
    const known = counts.get(cluster) ?? { cluster, rows: 0, masked: 0 }
    counts.set(cluster, { cluster, rows: known.rows + 1, masked: known.masked + (masked ? 1 : 0) })
  }
  return [...counts.values()].filter(({ masked }) => masked > 0).sort((a, b) => a.cluster - b.cluster)
}

/** Clusters of which more than `share` of the rows are masked, leaving aside those with few rows. */
export function clustersBeyond(share: number, rows: readonly { readonly cluster: number; readonly masked: boolean }[]): MaskedCluster[] {
  return countMasked(rows).filter((one) => one.rows >= fewestRows && one.masked > share * one.rows)
}
