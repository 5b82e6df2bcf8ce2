import type { ComposedBatch } from '../composers/composer.ts'
import type { Rng } from '../rng.ts'
import type { ConflictGraph } from './conflict-graph.ts'
import { type Separation, separateConflicts } from './separate-conflicts.ts'

/** A batch of an epoch whose conflicts were limited, and what was achieved in that epoch. */
export type LimitedBatch = ComposedBatch & { readonly limit: Omit<Separation, 'batches'> }

/**
 * Any composer's batches with conflicts taken out, an epoch at a time (`separateConflicts`): every epoch holds what it held, in batches of
 * the same sizes. An epoch is complete once it holds as many draws as there are instructions; an incomplete one at the end counts, too.
 */
export function* limitConflicts(batches: Iterable<ComposedBatch>, graph: ConflictGraph, rng: Rng): Generator<LimitedBatch> {
  let waiting: ComposedBatch[] = []
  let draws = 0
  function* release(): Generator<LimitedBatch> {
    const { batches: separated, ...limit } = separateConflicts(
      waiting.map(({ indices }) => indices),
      graph,
      rng,
    )
    for (const [b, indices] of separated.entries()) yield { indices, epoch: waiting[b]!.epoch, limit }
    waiting = []
    draws = 0
  }
  for (const batch of batches) {
    waiting.push(batch)
    draws += batch.indices.length
    if (draws >= graph.count) yield* release()
  }
  if (waiting.length > 0) yield* release()
}
