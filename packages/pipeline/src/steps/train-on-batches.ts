import {
  type BatchFact,
  type JobRef,
  type JobSnapshot,
  type ModelRef,
  SediError,
  type StepFact,
  studentPrompt,
  type Trainer,
  type TrainingExample,
  type TrainingMetric,
  type TrainingSpec,
} from '@sedi/spec'
import { finishedStage, finishStage, type Run, rememberStep } from '../run-context.ts'

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
  const job = await trainer.submit(spec)
  await run.ledger.append([{ kind: 'training-job', round, jobName: spec.jobName, job, at: run.clock() }])
  const byStep = new Map(batches.map((batch) => [batch.step, batch]))
  for await (const metric of untilStopped(trainer.metrics?.(job), run.stop)) await recordStep(metric, byStep, round, run)
  const finished = await waitForJob(trainer, job, run)
  const model = modelOf(finished, trainer, spec.jobName)
  await finishStage(run, round, 'train', { steps: batches.length, warnings: finished.warnings ?? [] }, [{ kind: 'model', round, model }])
  for (const warning of finished.warnings ?? []) run.onNotice(warning)
}

async function trainingSpec(round: number, batches: readonly BatchFact[], run: Run): Promise<TrainingSpec> {
  const { training, batches: batching, randomSeed } = run.config
  const used = new Set(batches.flatMap(({ exampleIds }) => exampleIds))
  return {
    jobName: `r${String(round).padStart(2, '0')}`,
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
  }
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

async function recordStep(metric: TrainingMetric, batches: ReadonlyMap<number, BatchFact>, round: number, run: Run): Promise<void> {
  const batch = batches.get(metric.step)
  if (batch === undefined || batch.exampleIds.join() !== metric.exampleIds.join()) {
    throw new SediError(
      'conflict',
      `Step ${metric.step} was not trained on the batch composed for it: expected ${batch?.exampleIds.length ?? 0} examples in order, the trainer reports ${metric.exampleIds.length} others. Its signals cannot be used.`,
    )
  }
  const step: StepFact = {
    kind: 'step',
    step: metric.step,
    round,
    loss: metric.loss,
    gradNorm: metric.gradNorm ?? null,
    learningRate: metric.learningRate ?? null,
    targetTokens: metric.targetTokens ?? null,
    exampleLosses: metric.exampleLosses ?? null,
    at: run.clock(),
  }
  await run.ledger.append([step])
  if (metric.step > (run.signals.at(-1)?.step ?? 0)) rememberStep(run, step, batch.exampleIds)
  const first = batches.keys().next().value ?? metric.step
  run.onProgress({ round, rounds: run.config.rounds, stage: 'train', done: metric.step - first + 1, planned: batches.size })
}

/** A pause does not wait for a training job: a remote one goes on without us, a local one continues from its checkpoint. */
async function* untilStopped(metrics: AsyncIterable<TrainingMetric> | undefined, stop: AbortSignal): AsyncGenerator<TrainingMetric> {
  if (metrics === undefined) return
  const iterator = metrics[Symbol.asyncIterator]()
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stop.aborted) resolve('stopped')
    stop.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  for (;;) {
    const next = await Promise.race([iterator.next(), stopped])
    if (next === 'stopped') throw new SediError('aborted', 'Stopped during training; finished steps are kept.')
    if (next.done === true) return
    yield next.value
  }
}

/** Polls until the job has ended. A state this version does not know is waited for, and said. */
export async function waitForJob(trainer: Trainer, job: JobRef, run: Pick<Run, 'onNotice' | 'stop'>): Promise<JobSnapshot> {
  const known = new Set(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'lost'])
  for (let said = ''; ; ) {
    const snapshot = await trainer.get(job)
    if (!known.has(snapshot.state) && snapshot.state !== said) {
      said = snapshot.state
      run.onNotice(`The trainer “${trainer.id}” reports the state “${said}”, which this version does not know; waiting.`)
    }
    if (known.has(snapshot.state) && snapshot.state !== 'queued' && snapshot.state !== 'running') return snapshot
    if (run.stop.aborted) throw new SediError('aborted', 'Stopped while a training job was running; resuming finds it again.')
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function modelOf(snapshot: JobSnapshot, trainer: Trainer, jobName: string): ModelRef {
  if (snapshot.state === 'succeeded' && snapshot.model !== undefined) return snapshot.model
  throw new SediError(
    'provider-response',
    `The training job ${jobName} of “${trainer.id}” ended as ${snapshot.state}${snapshot.error === undefined ? '' : `: ${snapshot.error.replace(/\.$/, '')}`}. Finished steps are kept; sedi resume tries the round again.`,
  )
}
