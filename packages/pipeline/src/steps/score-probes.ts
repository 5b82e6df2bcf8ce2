import { type BatchFact, type ModelRef, type ScoresFact, SediError, studentPrompt } from '@sedi/spec'
import type { Run } from '../run-context.ts'
import { clusteredExamples, humanSeeds, type Probe, probesOf } from '../state/probe-progress.ts'
import { type ClusteredExample, drawProbes, probeLossesOf, probeMeasures } from '../state/probe-set.ts'
import { policyOf } from '../state/seed-policy-of.ts'
import { visitsOf } from '../state/visits.ts'
import { modelAfter } from './train-on-batches.ts'

/** Instructions of the pool in the probe set, beside all human seeds. */
const defaultPoolProbes = 64

/** Probes between two looks at whether to stop. */
const chunkSize = 64

/**
 * Loss per character of the probe set under the model that the round made, and once under the one it began with; where the signal needs it. One
 * forward pass for each probe and round. Per character, because two models of a run need not cut texts into the same tokens: a trainer without a
 * base model makes its vocabulary in the first round. The set is the human seeds, which are never trained on, and instructions drawn from the clusters of
 * the first round with batches; it stays the same for the run.
 */
export async function scoreProbes(round: number, batches: readonly BatchFact[], run: Run): Promise<void> {
  if (!policyOf(run.config).needs.signal || run.signal?.needs.includes('probes') !== true || batches.length === 0) return
  const facts = await run.ledger.find('scores')
  if (probeLossesOf(round, facts) !== undefined) return
  const known = facts.find(({ measure }) => measure === probeMeasures.before)?.ids
  const human = await humanSeeds(run.ledger)
  const ids = known ?? [...human.keys(), ...(await drawFromPool(batches, run))]
  const probes = probesOf(ids, human, run.pool.get)
  const previous = facts.some((fact) => fact.round === round - 1 && fact.measure === probeMeasures.after)
  const begun = facts.some((fact) => fact.round === round && fact.measure === probeMeasures.before)
  if (!previous && !begun) await record(probeMeasures.before, round, probes, await modelAfter(round - 1, run), run)
  await record(probeMeasures.after, round, probes, await modelAfter(round, run), run)
}

async function drawFromPool(batches: readonly BatchFact[], run: Run): Promise<readonly string[]> {
  const { seedPolicy, feedback, randomSeed } = run.config
  const steps = await run.ledger.find('step')
  const visits = visitsOf(steps, new Map(batches.map((batch) => [batch.step, batch])))
  const trusted = ({ id }: ClusteredExample): boolean => (visits.get(id)?.firstGap ?? 0) < seedPolicy.trustGap
  return drawProbes(clusteredExamples(batches, run.pool.get).filter(trusted), feedback.poolProbes ?? defaultPoolProbes, randomSeed)
}

async function record(measure: string, round: number, probes: readonly Probe[], model: ModelRef | undefined, run: Run): Promise<void> {
  const trainer = run.adapters.trainer!
  const opened = await trainer.open?.(model, { signal: run.stop })
  const values: (number | null)[] = []
  try {
    if (opened?.scorer === undefined)
      throw new SediError(
        'unsupported',
        `feedback.signal: “${run.signal!.id}” needs a model that scores, and the trainer “${trainer.id}” opens none. Choose another signal.`,
      )
    for (let start = 0; start < probes.length; start += chunkSize) {
      if (run.stop.aborted) throw new SediError('aborted', 'Stopped before the whole probe set was scored; scoring begins anew.')
      run.onProgress({ round, rounds: run.config.rounds, stage: 'train', done: start, planned: probes.length })
      const chunk = probes.slice(start, start + chunkSize)
      const scored = await opened.scorer.score(chunk.map((probe) => ({ prompt: studentPrompt(probe), completion: probe.output })))
      values.push(...scored.map(({ tokenLogprobs }, i) => lossPerCharacter(tokenLogprobs, chunk[i]!.output)))
    }
  } finally {
    await opened?.close()
  }
  const fact: ScoresFact = { kind: 'scores', round, measure, scorer: trainer.id, ids: probes.map(({ id }) => id), values }
  await run.ledger.append([fact])
}

/** Nats; the end of the answer counts as a character. Null for an answer without tokens, and where a probability is 0. */
function lossPerCharacter(tokenLogprobs: readonly number[], answer: string): number | null {
  if (tokenLogprobs.length === 0) return null
  const loss = -tokenLogprobs.reduce((sum, value) => sum + value, 0) / (answer.length + 1)
  return Number.isFinite(loss) ? loss : null
}
