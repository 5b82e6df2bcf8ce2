import { setTimeout as wait } from 'node:timers/promises'
import {
  type BatchFact,
  type JobRef,
  type JobSnapshot,
  type Mask,
  type ModelRef,
  type RunConfig,
  roundNameOf,
  SediError,
  type StepFact,
  studentPrompt,
  type Trainer,
  type TrainingExample,
  type TrainingMetric,
  type TrainingSpec,
} from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import { clustersBeyond, countMasked, exemptExamples, type MaskedCluster } from '../state/cluster-masks.ts'
import { maskRule } from '../state/mask-rule.ts'

const pollMs = 1000

/**
 * loss, per-item losses, pre-clip norm ← step(θ, b), for each batch in order: one training job per round, continued from the last
 * round's model. Steps recorded before a crash stay; the job is continued or submitted again, and must repeat them to the last digit.
 */
export async function trainOnBatches(round: number, batches: readonly BatchFact[], run: Run): Promise<void> {
  const trainer = run.adapters.trainer
  if (trainer === undefined || batches.length === 0 || finishedStage(run, round, 'train') !== undefined) return
  const spec = await trainingSpec(round, batches, run)
  const problems = trainer.validate(spec)
  if (problems.length > 0) {
    throw new SediError(
      'unsupported',
      `The trainer “${trainer.id}” cannot do this job:\n${problems.map((issue) => `  ${issue.path}: ${issue.message}`).join('\n')}`,
    )
  }
  // Not ended by a stop: a job that was begun is on record, so that a resume finds it and a cancel ends it.
  const job = await trainer.submit(spec)
  await run.ledger.append([{ kind: 'training-job', round, jobName: spec.jobName, job, at: run.clock() }])
  const recorded = await run.ledger.find('step', { round })
  const follow = createFollower(round, batches, trainer, recorded, run)
  for await (const metric of untilStopped(trainer.metrics?.(job, { signal: run.stop }), run.stop)) await follow.record(metric)
  const finished = await waitForJob(trainer, job, run, follow.progress)
  await recordOutcome(round, spec.jobName, finished, run)
  const model = modelOf(finished, trainer, spec.jobName)
  for (const { step, exampleIds } of batches) if (!follow.told.has(step)) run.trained.push({ step, exampleIds, told: undefined })
  run.trained.sort((a, b) => a.step - b.step)
  const warnings = [...(finished.warnings ?? []), ...follow.warnings()]
  const warning = follow.maskWarning()
  const exempt = spec.mask?.exempt === undefined ? {} : { exempt: spec.mask.exempt.length }
  const summary = {
    steps: batches.length,
    stepsDone: finished.stepsDone,
    told: follow.told.size,
    signal: run.signal?.id ?? null,
    ...follow.masked(),
    ...exempt,
    ...(warning === undefined ? {} : { warning }),
    warnings,
  }
  await finishStage(run, round, 'train', summary, [{ kind: 'model', round, model }])
  for (const one of warning === undefined ? warnings : [...warnings, warning]) run.onNotice(one)
}

async function trainingSpec(round: number, batches: readonly BatchFact[], run: Run): Promise<TrainingSpec> {
  const { training, batches: batching, randomSeed } = run.config
  const used = new Set(batches.flatMap(({ exampleIds }) => exampleIds))
  return {
    jobName: roundNameOf(round),
    examples: run.pool.examples.filter(({ id }) => used.has(id)).map(toTrainingExample),
    batches: batches.map(({ exampleIds }) => exampleIds),
    batchSize: batching.size,
    firstStep: batches[0]!.step,
    continueFrom: await modelAfter(round - 1, run),
    optimiser: {
      learningRate: training.learningRate,
      warmupSteps: training.warmupSteps,
      maxGradNorm: training.maxGradNorm,
      weightDecay: training.weightDecay,
    },
    maxLengthTokens: training.maxLength,
    randomSeed,
    mask: await maskFor(round, batches, run),
    ...(wantsErrors(run) ? { measures: ['error'] as const } : {}),
  }
}

const wantsErrors = ({ signal }: Run): boolean => signal?.needs.includes('exampleErrors') === true

/** `maskOf`, with the examples that `training.maskClusterShare` keeps in. By the rounds before, so that a job submitted again is the same job. */
async function maskFor(round: number, batches: readonly BatchFact[], run: Run): Promise<Mask | undefined> {
  const mask = maskOf(round, batches, run.config, run.adapters.trainer!.capabilities)
  const { maskClusterShare: share } = run.config.training
  if (mask?.rule !== 'gap' || share === 1) return mask
  const isEarlier = (fact: { readonly round: number }): boolean => fact.round < round
  const earlier = { steps: (await run.ledger.find('step')).filter(isEarlier), batches: (await run.ledger.find('batch')).filter(isEarlier) }
  const exempt = exemptExamples(batches, earlier, { threshold: mask.threshold, share })
  return exempt.length === 0 ? mask : { ...mask, exempt }
}

/** The mask of a round's job. The warm share is of rounds; where it ends within this one, of its steps. */
export function maskOf(
  round: number,
  batches: readonly Pick<BatchFact, 'step'>[],
  { training, rounds }: Pick<RunConfig, 'training' | 'rounds'>,
  can: Trainer['capabilities'] | undefined,
): Mask | undefined {
  const rule = maskRule({ training }, can)
  if (rule === 'none') return undefined
  const warmRounds = training.maskWarmShare * rounds
  const shareOfThis = Math.min(1, Math.max(0, warmRounds - (round - 1)))
  const warmSteps = batches[0]!.step - 1 + Math.round(shareOfThis * batches.length)
  return rule === 'gap' ? { rule: 'gap', threshold: training.maskThreshold, warmSteps } : { rule: 'trim', share: training.maskShare, warmSteps }
}

const toTrainingExample = (task: { id: string; instruction: string; input: string; output: string }): TrainingExample => ({
  id: task.id,
  prompt: studentPrompt(task),
  completion: task.output,
})

/** The newest model at or before a round; undefined is the trainer's base model. */
export async function modelAfter(round: number, run: Run): Promise<ModelRef | undefined> {
  return (await run.ledger.find('model')).filter((fact) => fact.round <= round).at(-1)?.model
}

/** Takes a round's steps as the trainer tells them. */
function createFollower(round: number, batches: readonly BatchFact[], { id, capabilities }: Trainer, recorded: readonly StepFact[], run: Run) {
  const byStep = new Map(batches.map((batch) => [batch.step, batch]))
  const earlier = new Map(capabilities.resume ? [] : recorded.map((fact) => [fact.step, fact]))
  const first = batches[0]!.step
  const told = new Set<number>()
  let rows = 0
  let maskedRows = 0
  const clustered: { readonly cluster: number; readonly masked: boolean }[] = []
  let beyond = 0
  let anew = 0

  const progress = (done: number): void => run.onProgress({ round, rounds: run.config.rounds, stage: 'train', done, planned: batches.length })

  async function record(metric: TrainingMetric): Promise<void> {
    const batch = byStep.get(metric.step)
    if (capabilities.fixedBatches) assertSameBatch(metric, batch)
    // A trainer that makes its own batches may make more of them than we composed.
    if (batch === undefined) return void beyond++
    if (wantsErrors(run) && metric.exampleErrors === undefined) throw noErrors(id, metric.step)
    const before = earlier.get(metric.step)
    const step = before ?? stepFact(metric, round, run.clock())
    if (before !== undefined && before.loss !== metric.loss) anew++
    await run.ledger.append([step])
    told.add(metric.step)
    rows += metric.masked?.length ?? 0
    maskedRows += metric.masked?.filter(Boolean).length ?? 0
    metric.masked?.forEach((masked, row) => {
      if (batch.clusters !== null) clustered.push({ cluster: batch.clusters[row]!, masked })
    })
    if (metric.step > (run.trained.at(-1)?.step ?? 0)) run.trained.push({ step: step.step, exampleIds: batch.exampleIds, told: step })
    progress(metric.step - first + 1)
  }

  return {
    told,
    record,
    progress,
    // With a limit the next round leaves such clusters alone; every masked row stands in its step.
    maskWarning: () => (run.config.training.maskClusterShare < 1 ? undefined : halfMaskedWarning(round, clustersBeyond(0.5, clustered))),
    masked: () => (rows === 0 ? {} : { maskedRows, maskedShare: maskedRows / rows, maskedClusters: countMasked(clustered) }),
    warnings: () => [
      ...(beyond === 0 ? [] : [`“${id}” made ${beyond} more steps than the ${batches.length} composed ones; their figures are left out.`]),
      ...(anew === 0 ? [] : [`“${id}” began the job anew and tells other figures of ${anew} steps; those of the earlier attempt stay.`]),
    ],
  }
}

/** An installed program that is older than what declares its capabilities. */
const noErrors = (trainer: string, step: number): SediError =>
  new SediError(
    'provider-response',
    `The trainer “${trainer}” was asked for the errors of rows and tells no exampleErrors of step ${step}. Set it up again (sedi trainer setup), or choose another feedback.signal.`,
  )

/** Where a mask leaves out most of a cluster, it may be the student that is wrong about it, not the answers. */
function halfMaskedWarning(round: number, clusters: readonly MaskedCluster[]): string | undefined {
  if (clusters.length === 0) return undefined
  const named = clusters.slice(0, 3).map(({ cluster, rows, masked }) => `cluster ${cluster}: ${masked} of ${rows}`)
  const count = clusters.length === 1 ? 'a cluster' : `${clusters.length} clusters`
  return `Round ${round}: the mask left out more than half of the rows of ${count} (${[...named, ...(clusters.length > 3 ? ['…'] : [])].join(', ')}). Where their answers are right, set training.maskClusterShare.`
}

function assertSameBatch(metric: TrainingMetric, batch: BatchFact | undefined): void {
  if (batch !== undefined && batch.exampleIds.join() === metric.exampleIds.join()) return
  throw new SediError(
    'conflict',
    `Step ${metric.step} was not trained on the batch composed for it: expected ${batch?.exampleIds.length ?? 0} examples in order, the trainer reports ${metric.exampleIds.length} others. Its signals cannot be used.`,
  )
}

const stepFact = (metric: TrainingMetric, round: number, at: number): StepFact => ({
  kind: 'step',
  step: metric.step,
  round,
  loss: metric.loss,
  gradNorm: metric.gradNorm ?? null,
  learningRate: metric.learningRate ?? null,
  targetTokens: metric.targetTokens ?? null,
  exampleLosses: metric.exampleLosses ?? null,
  exampleGaps: metric.exampleGaps ?? null,
  exampleErrors: metric.exampleErrors ?? null,
  masked: metric.masked ?? null,
  at,
})

/** How the attempt ended, whether or not the round goes on: a failed one is retried by the next resume, and stays on record. */
async function recordOutcome(round: number, jobName: string, { state, stepsDone, error, errorCode }: JobSnapshot, run: Run): Promise<void> {
  const index = (await run.ledger.find('training-outcome')).length
  await run.ledger.append([
    { kind: 'training-outcome', index, round, jobName, state, stepsDone, errorCode: errorCode ?? null, message: error ?? '', at: run.clock() },
  ])
}

/** A pause does not wait for a training job: a remote one goes on without us, a local one continues from its checkpoint. */
async function* untilStopped(metrics: AsyncIterable<TrainingMetric> | undefined, stop: AbortSignal): AsyncGenerator<TrainingMetric> {
  if (metrics === undefined) return
  const iterator = metrics[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await unlessStopped(iterator.next(), stop, 'Stopped during training; finished steps are kept.')
      if (next.done === true) return
      yield next.value
    }
  } finally {
    // One that is at a step and does not listen to the signal closes after it; nobody waits for that.
    const closed = iterator.return?.()
    if (!stop.aborted) await closed
    else closed?.catch(() => {})
  }
}

/** What the trainer answers, or `aborted` with the stop: whether or not the trainer listens to the signal, and whatever it throws then. */
function unlessStopped<Answer>(answer: Promise<Answer>, stop: AbortSignal, message: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const leave = (cause?: unknown): void => reject(new SediError('aborted', message, { cause }))
    const onStop = (): void => leave()
    if (stop.aborted) onStop()
    else stop.addEventListener('abort', onStop, { once: true })
    answer.then(resolve, (error: unknown) => (stop.aborted ? leave(error) : reject(error))).finally(() => stop.removeEventListener('abort', onStop))
  })
}

const stoppedWaiting = 'Stopped while a training job was running; resuming finds it again.'

/** Polls until the job has ended. A state this version does not know is waited for, and said. */
export async function waitForJob(
  trainer: Trainer,
  job: JobRef,
  run: Pick<Run, 'onNotice' | 'stop'>,
  onSteps: (done: number) => void = () => {},
): Promise<JobSnapshot> {
  const known = new Set(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'lost'])
  for (let said = ''; ; ) {
    const snapshot = await unlessStopped(trainer.get(job, { signal: run.stop }), run.stop, stoppedWaiting)
    if (snapshot.stepsDone > 0) onSteps(snapshot.stepsDone)
    if (!known.has(snapshot.state) && snapshot.state !== said) {
      said = snapshot.state
      run.onNotice(`The trainer “${trainer.id}” reports the state “${said}”, which this version does not know; waiting.`)
    }
    if (known.has(snapshot.state) && snapshot.state !== 'queued' && snapshot.state !== 'running') return snapshot
    await unlessStopped(wait(pollMs, undefined, { signal: run.stop }), run.stop, stoppedWaiting)
  }
}

function modelOf(snapshot: JobSnapshot, trainer: Trainer, jobName: string): ModelRef {
  if (snapshot.state === 'succeeded' && snapshot.model !== undefined) return snapshot.model
  throw new SediError(
    'provider-response',
    `The training job ${jobName} of “${trainer.id}” ended as ${snapshot.state}${snapshot.error === undefined ? '' : `: ${snapshot.error.replace(/\.$/, '')}`}. Finished steps are kept; sedi resume tries the round again.`,
  )
}
