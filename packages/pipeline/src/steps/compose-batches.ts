import { type BatchComposer, composers } from '@sedi/core'
import type { BatchFact } from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import { maskRule } from '../state/mask-rule.ts'
import { policyOf } from '../state/seed-policy-of.ts'
import { composePool } from './compose-pool.ts'

/**
 * b ← compose(cluster(K), B): the round's batches, one per optimiser step. Composed whole before training begins, over everything
 * kept so far; composed once, then read from the ledger. Without a trainer there is nobody to compose for.
 */
export async function composeBatches(round: number, run: Run): Promise<readonly BatchFact[]> {
  if (run.adapters.trainer === undefined) return []
  if (finishedStage(run, round, 'compose') !== undefined) return run.ledger.find('batch', { round })
  const { config, pool } = run
  run.onProgress({ round, rounds: config.rounds, stage: 'compose', done: 0, planned: undefined })
  const { batches, clusterOf, conflictWitness } = await composePool({
    texts: pool.examples.map(({ instruction }) => instruction),
    settings: config.batches,
    steps: config.training.stepsPerRound,
    epochs: config.training.epochsPerRound,
    tokenizer: config.filter.tokenizer,
    embedder: run.adapters.embedder,
    clustered: needsClusters(run),
    visits: await visitsOf(run),
    randomSeed: config.randomSeed,
    round,
  })
  const firstStep = (await lastStep(run)) + 1
  const facts = batches.map(
    ({ indices, epoch, diversity, conflicts }, i): BatchFact => ({
      kind: 'batch',
      step: firstStep + i,
      round,
      epoch,
      composer: config.batches.composer,
      exampleIds: indices.map((at) => pool.examples[at]!.id),
      clusters: clusterOf === undefined ? null : indices.map((at) => clusterOf[at]!),
      diversity,
      conflicts,
    }),
  )
  const clusters = clusterOf === undefined ? null : new Set(clusterOf).size
  const witness = conflictWitness === undefined ? {} : { conflictWitness: conflictWitness.map((at) => pool.examples[at]!.id) }
  await finishStage(run, round, 'compose', { batches: facts.length, pool: pool.examples.length, clusters, ...witness }, facts)
  return facts
}

/**
 * Feedback picks at most one instruction per cluster, probes stand for clusters, and a mask may be held to a share of each: then they are needed
 * whatever the composer does.
 */
function needsClusters({ config, signal, adapters }: Run): boolean {
  const { needs } = policyOf(config)
  const limited = config.training.maskClusterShare < 1 && maskRule(config, adapters.trainer?.capabilities) === 'gap'
  return needs.clusters || (needs.signal && signal?.needs.includes('probes') === true) || limited
}

/** How often each instruction of the pool was trained on, for composers that ask. */
async function visitsOf({ config, pool, ledger }: Run): Promise<Int32Array | undefined> {
  const composer: BatchComposer = composers[config.batches.composer as keyof typeof composers]
  if (composer.needs.visits !== true) return undefined
  const places = new Map(pool.examples.map(({ id }, at) => [id, at]))
  const visits = new Int32Array(places.size)
  for (const { exampleIds } of await ledger.find('batch')) for (const id of exampleIds) visits[places.get(id)!]!++
  return visits
}

async function lastStep(run: Run): Promise<number> {
  return (await run.ledger.find('batch')).at(-1)?.step ?? 0
}
