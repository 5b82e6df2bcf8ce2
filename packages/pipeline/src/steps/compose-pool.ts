import { setImmediate } from 'node:timers/promises'
import {
  type BatchComposer,
  batchSimilarity,
  type ComposedBatch,
  type ComposerInput,
  composers,
  conflictGraph,
  createRng,
  kMeansInSteps,
  type LimitedBatch,
  limitConflicts,
  type TokenizerName,
} from '@sedi/core'
import type { Embedder, RunConfig } from '@sedi/spec'

/** Instructions to batch, and how. */
export type PoolToCompose = {
  readonly texts: readonly string[]
  readonly settings: RunConfig['batches']
  /** Batches to take; without it, as many as `epochs` passes over the pool need. */
  readonly steps?: number | undefined
  /** @default 1 */
  readonly epochs?: number | undefined
  /** How texts are split into words, for conflicts and diversity. */
  readonly tokenizer: TokenizerName
  readonly embedder: Embedder
  /** Clusters are wanted even if the composer needs none. @default false */
  readonly clustered?: boolean | undefined
  /** (N,) how often each was trained on in earlier rounds. Without it: never. */
  readonly visits?: Int32Array | undefined
  readonly randomSeed: number
  /** Every round draws its own random numbers. */
  readonly round: number
}

export type PoolBatch = {
  /** Places in `texts`. */
  readonly indices: readonly number[]
  readonly epoch: number
  /** 1 − mean ROUGE-L F over all pairs; null below two instructions. */
  readonly diversity: number | null
  /** Pairs above `settings.conflictThreshold`. */
  readonly conflicts: number
}

export type ComposedPool = {
  readonly batches: readonly PoolBatch[]
  /** (N,) cluster of each instruction; undefined when none were made. */
  readonly clusterOf: Int32Array | undefined
  /** Places of instructions any two of which conflict, more than there are batches: why some conflicts could not be avoided. */
  readonly conflictWitness: readonly number[] | undefined
}

/**
 * Batches of a pool, a pure function of its arguments for an embedder that is one. Cost: k-means or what the composer needs, then O(B²)
 * LCS computations per batch; gives way to other work about every 10 ms while clustering.
 */
export async function composePool(pool: PoolToCompose): Promise<ComposedPool> {
  const composer = composers[pool.settings.composer as keyof typeof composers]
  const material = await prepare(composer, pool)
  const composed = takeBatches(composer, material, pool)
  const { texts, settings, tokenizer } = pool
  return {
    batches: composed.map(({ indices, epoch }) => {
      const batch = indices.map((at) => texts[at]!)
      return { indices, epoch, ...batchSimilarity(batch, settings.conflictThreshold, { tokenizer }) }
    }),
    clusterOf: material.clusterOf,
    conflictWitness: composed.flatMap((batch) => ('limit' in batch ? [batch.limit.witness] : [])).find((one) => one !== undefined),
  }
}

type Material = Pick<ComposerInput, 'clusterOf' | 'embeddings' | 'conflicts'>

/** Makes what the composer needs, and nothing else. */
async function prepare(
  composer: BatchComposer,
  { texts, settings, clustered = false, embedder, tokenizer, randomSeed, round }: PoolToCompose,
): Promise<Material> {
  const { clusters: k, size, conflictThreshold, conflictLimit } = settings
  const wanted = clustered || composer.needs.clusters
  const rows = wanted || composer.needs.embeddings ? await embedAll(embedder, texts) : undefined
  const rng = createRng(randomSeed, 'cluster', round)
  return {
    clusterOf: wanted ? (await inSteps(kMeansInSteps(rows!, Math.max(1, Math.min(k ?? size, texts.length)), { rng }))).assignments : undefined,
    embeddings: composer.needs.embeddings ? rows : undefined,
    conflicts: conflictLimit === true ? conflictGraph(texts, conflictThreshold, { tokenizer }) : undefined,
  }
}

/** Carries a long computation on while timers, answers and Ctrl-C get their turn, about every 10 ms. */
async function inSteps<Result>(steps: Generator<void, Result>): Promise<Result> {
  for (let turnEndsAt = performance.now() + 10; ; ) {
    const step = steps.next()
    if (step.done) return step.value
    if (performance.now() < turnEndsAt) continue
    await setImmediate()
    turnEndsAt = performance.now() + 10
  }
}

async function embedAll(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const rows: Float32Array[] = []
  const size = Math.min(embedder.maxBatchSize, Math.max(1, texts.length))
  for (let start = 0; start < texts.length; start += size) rows.push(...(await embedder.embed(texts.slice(start, start + size))).embeddings)
  return rows
}

function takeBatches(composer: BatchComposer, material: Material, pool: PoolToCompose): (ComposedBatch | LimitedBatch)[] {
  const { size: batchSize, variant } = pool.settings
  const { randomSeed, round, epochs = 1 } = pool
  const count = pool.texts.length
  const steps = pool.steps ?? Math.ceil(epochs * Math.ceil(count / batchSize))
  const composed = composer.batches({ count, batchSize, ...material, visits: pool.visits, variant, rng: createRng(randomSeed, 'compose', round) })
  const { conflicts } = material
  const limited = conflicts === undefined ? composed : limitConflicts(composed, conflicts, createRng(randomSeed, 'limit-conflicts', round))
  const taken: (ComposedBatch | LimitedBatch)[] = []
  for (const batch of limited) {
    if (taken.length >= steps) break
    taken.push(batch)
  }
  return taken
}
