import type { PolicyExample } from '@sedi/core'
import type { BatchFact, StepFact } from '@sedi/spec'

/** What the student's visits to an example told: at the first one, before it was learned, and at the latest. */
export type Visits = Pick<PolicyExample, 'firstGap' | 'firstRound' | 'firstLoss' | 'lastLoss'>

export const unvisited: Visits = { firstGap: null, firstRound: null, firstLoss: null, lastLoss: null }

/** Steps in order. */
export function visitsOf(steps: readonly StepFact[], batches: ReadonlyMap<number, BatchFact>): Map<string, Visits> {
  const visits = new Map<string, Visits>()
  for (const { step, round, exampleLosses, exampleGaps } of steps) {
    for (const [row, id] of (batches.get(step)?.exampleIds ?? []).entries()) {
      const loss = exampleLosses?.[row] ?? null
      const gap = exampleGaps?.[row] ?? null
      const known = visits.get(id)
      if (known === undefined) visits.set(id, { firstGap: gap, firstRound: round, firstLoss: loss, lastLoss: null })
      else visits.set(id, { ...known, firstGap: known.firstGap ?? gap, lastLoss: loss })
    }
  }
  return visits
}

/** Cluster of every example in these batches, which must be of one round. */
export function clustersOf(batches: readonly BatchFact[]): Map<string, number> {
  return new Map(batches.flatMap(({ exampleIds, clusters }) => (clusters === null ? [] : exampleIds.map((id, row) => [id, clusters[row]!] as const))))
}
