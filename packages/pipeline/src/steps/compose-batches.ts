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
} from '@sedi/core'
import type { BatchFact, Embedder, RunConfig } from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'

/**
 * b ← compose(cluster(K), B): the round's batches, one per optimiser step. Composed whole before training begins, over everything
 * kept so far; composed once, then read from the ledger. Without a trainer there is nobody to compose for.
 */
export async function composeBatches(round: number, run: Run): Promise<readonly BatchFact[]> {
  if (run.adapters.trainer === undefined) return []
  if (finishedStage(run, round, 'compose') !== undefined) return run.ledger.find('batch', { round })
  const { config, pool } = run
  run.onProgress({ round, rounds: config.rounds, stage: 'compose', done: 0, planned: undefined })
  const composer = composers[config.batches.composer as keyof typeof composers]
  const material = await prepare(composer, round, run)
  const { clusterOf } = material
  const composed = takeBatches(composer, material, round, run)
  const firstStep = (await lastStep(run)) + 1
  const batches = composed.map(({ indices, epoch }, i): BatchFact => {
    const { diversity, conflicts } = batchSimilarity(
      indices.map((at) => pool.examples[at]!.instruction),
      config.batches.conflictThreshold,
      { tokenizer: config.filter.tokenizer },
    )
    return {
      kind: 'batch',
      step: firstStep + i,
      round,
      epoch,
      composer: config.batches.composer,
      exampleIds: indices.map((at) => pool.examples[at]!.id),
      clusters: clusterOf === undefined ? null : indices.map((at) => clusterOf[at]!),
      diversity,
      conflicts,
    }
  })
  const clusters = clusterOf === undefined ? null : new Set(clusterOf).size
  await finishStage(run, round, 'compose', { batches: batches.length, pool: pool.examples.length, clusters, ...provenConflicts(composed, run) }, batches)
  return batches
}

type Material = Pick<ComposerInput, 'clusterOf' | 'embeddings' | 'conflicts'>

/** Makes what the composer needs, and nothing else. */
async function prepare(composer: BatchComposer, round: number, { adapters, config, pool }: Run): Promise<Material> {
  const { clusters: k, size, conflictThreshold, conflictLimit } = config.batches
  const texts = pool.examples.map(({ instruction }) => instruction)
  const clustered = needsClusters(composer, config)
  const rows = clustered || composer.needs.embeddings ? await embedAll(adapters.embedder, texts) : undefined
  const rng = createRng(config.randomSeed, 'cluster', round)
  return {
    clusterOf: clustered ? (await inSteps(kMeansInSteps(rows!, Math.max(1, Math.min(k ?? size, texts.length)), { rng }))).assignments : undefined,
    embeddings: composer.needs.embeddings ? rows : undefined,
    conflicts: conflictLimit === true ? conflictGraph(texts, conflictThreshold, { tokenizer: config.filter.tokenizer }) : undefined,
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

/** Feedback picks at most one instruction per cluster, so it needs them as well. */
function needsClusters(composer: BatchComposer, config: RunConfig): boolean {
  return composer.needs.clusters || config.seedPolicy.rule === 'attractive'
}

async function embedAll(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const rows: Float32Array[] = []
  const size = Math.min(embedder.maxBatchSize, Math.max(1, texts.length))
  for (let start = 0; start < texts.length; start += size) rows.push(...(await embedder.embed(texts.slice(start, start + size))).embeddings)
  return rows
}

function takeBatches(composer: BatchComposer, material: Material, round: number, run: Run): (ComposedBatch | LimitedBatch)[] {
  const { size: batchSize, variant } = run.config.batches
  const { stepsPerRound, epochsPerRound = 1 } = run.config.training
  const count = run.pool.examples.length
  const steps = stepsPerRound ?? Math.ceil(epochsPerRound * Math.ceil(count / batchSize))
  const rng = createRng(run.config.randomSeed, 'compose', round)
  const composed = composer.batches({ count, batchSize, ...material, variant, rng })
  const { conflicts } = material
  const limited = conflicts === undefined ? composed : limitConflicts(composed, conflicts, createRng(run.config.randomSeed, 'limit-conflicts', round))
  const taken: (ComposedBatch | LimitedBatch)[] = []
  for (const batch of limited) {
    if (taken.length >= steps) break
    taken.push(batch)
  }
  return taken
}

/** Examples any two of which conflict, more than there are batches: why some conflicts could not be avoided. */
function provenConflicts(batches: readonly (ComposedBatch | LimitedBatch)[], { pool }: Run): { readonly conflictWitness?: readonly string[] } {
  const witness = batches.flatMap((batch) => ('limit' in batch ? [batch.limit.witness] : [])).find((one) => one !== undefined)
  return witness === undefined ? {} : { conflictWitness: witness.map((at) => pool.examples[at]!.id) }
}

async function lastStep(run: Run): Promise<number> {
  return (await run.ledger.find('batch')).at(-1)?.step ?? 0
}
