import { type BatchComposer, batchSimilarity, type ComposedBatch, composers, createRng, kMeans } from '@sedi/core'
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
  const clusterOf = needsClusters(composer, config) ? await clusterPool(round, run) : undefined
  const composed = takeBatches(composer, clusterOf, round, run)
  const firstStep = (await lastStep(run)) + 1
  const batches = composed.map(({ indices, epoch }, i): BatchFact => {
    const { diversity, conflicts } = batchSimilarity(
      indices.map((at) => pool.examples[at]!.instruction),
      config.batches.conflictThreshold,
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
  await finishStage(run, round, 'compose', { batches: batches.length, pool: pool.examples.length, clusters }, batches)
  return batches
}

/** Feedback picks at most one instruction per cluster, so it needs them as well. */
function needsClusters(composer: BatchComposer, config: RunConfig): boolean {
  return composer.needs.clusters || config.seedPolicy.rule === 'attractive'
}

async function clusterPool(round: number, run: Run): Promise<Int32Array> {
  const texts = run.pool.examples.map(({ instruction }) => instruction)
  const rows = await embedAll(run.adapters.embedder, texts)
  const k = run.config.batches.clusters ?? run.config.batches.size
  return kMeans(rows, Math.max(1, Math.min(k, rows.length)), { rng: createRng(run.config.randomSeed, 'cluster', round) }).assignments
}

async function embedAll(embedder: Embedder, texts: readonly string[]): Promise<Float32Array[]> {
  const rows: Float32Array[] = []
  const size = Math.min(embedder.maxBatchSize, Math.max(1, texts.length))
  for (let start = 0; start < texts.length; start += size) rows.push(...(await embedder.embed(texts.slice(start, start + size))).embeddings)
  return rows
}

function takeBatches(composer: BatchComposer, clusterOf: Int32Array | undefined, round: number, run: Run): ComposedBatch[] {
  const { size: batchSize, variant } = run.config.batches
  const { stepsPerRound, epochsPerRound = 1 } = run.config.training
  const count = run.pool.examples.length
  const steps = stepsPerRound ?? Math.ceil(epochsPerRound * Math.ceil(count / batchSize))
  const rng = createRng(run.config.randomSeed, 'compose', round)
  const taken: ComposedBatch[] = []
  for (const batch of composer.batches({ count, batchSize, clusterOf, variant, rng })) {
    if (taken.length >= steps) break
    taken.push(batch)
  }
  return taken
}

async function lastStep(run: Run): Promise<number> {
  return (await run.ledger.find('batch')).at(-1)?.step ?? 0
}
