import type { ConflictGraph } from '../conflicts/conflict-graph.ts'
import type { Rng } from '../rng.ts'

/** The instructions to batch, by index 0 to N − 1. */
export type ComposerInput = {
  /** N. */
  readonly count: number
  /** B: rows per batch; the last batch of an epoch may be shorter. */
  readonly batchSize: number
  /** (N,) cluster of each instruction; given when the composer's `needs.clusters`. */
  readonly clusterOf?: Int32Array | undefined
  /** (N,) rows of (D,), compared by cosine; given when the composer's `needs.embeddings`. */
  readonly embeddings?: readonly Float32Array[] | undefined
  /** (N,) how often each instruction was trained on before; given when the composer's `needs.visits`. Without it: never. */
  readonly visits?: Int32Array | undefined
  /** Given when conflicts are limited: pairs to keep apart while picking, where the composer can. `limitConflicts` repairs what it leaves. */
  readonly conflicts?: ConflictGraph | undefined
  /** For composers that have more than one way; each says which and what the default is. */
  readonly variant?: string | undefined
  readonly rng: Rng
}

/** A batch: indices into the pool, and the pass over the pool it belongs to, from 1. */
export type ComposedBatch = { readonly indices: readonly number[]; readonly epoch: number }

export type ComposerNeeds = { readonly clusters: boolean; readonly embeddings: boolean; readonly visits?: true }

/** One file in `composers/` exports one of these; `id` is the file's name. */
export type BatchComposer = {
  readonly id: string
  readonly title: string
  /** What the caller has to make for it; costly, so only on request. */
  readonly needs: ComposerNeeds
  /** Batches without end, epoch after epoch; the caller takes as many as it wants. Nothing for an empty pool. */
  batches(input: ComposerInput): Generator<ComposedBatch>
}

/** Cuts one epoch's order into batches of B, the last one shorter. */
export function* cutIntoBatches(order: readonly number[], batchSize: number, epoch: number): Generator<ComposedBatch> {
  for (let start = 0; start < order.length; start += batchSize) {
    yield { indices: order.slice(start, start + batchSize), epoch }
  }
}

export function checkComposerInput(name: string, { count, batchSize, clusterOf, embeddings, visits, conflicts }: ComposerInput, needs: ComposerNeeds): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new RangeError(`${name}: expected batchSize ≥ 1, got ${batchSize}`)
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`${name}: expected count ≥ 0, got ${count}`)
  if (needs.clusters && clusterOf?.length !== count)
    throw new RangeError(`${name}: expected a cluster for each of ${count} rows, got ${clusterOf?.length ?? 'none'}`)
  if (needs.embeddings && embeddings?.length !== count)
    throw new RangeError(`${name}: expected an embedding for each of ${count} rows, got ${embeddings?.length ?? 'none'}`)
  if (visits !== undefined && visits.length !== count) throw new RangeError(`${name}: expected visits of ${count} rows, got ${visits.length}`)
  if (conflicts !== undefined && conflicts.count !== count)
    throw new RangeError(`${name}: expected a conflict graph of ${count} rows, got one of ${conflicts.count}`)
}
