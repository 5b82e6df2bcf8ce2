import { setTimeout as wait } from 'node:timers/promises'
import { fractions } from '../fake-provider/fractions.ts'
import { type BigramModel, trainStep } from './bigram-model.ts'
import { type CreateBody, type TrainingRow, tokensIn } from './check-request.ts'
import type { TogetherScenario } from './scenarios.ts'

export type JobEvent = {
  readonly object: 'fine-tune-event'
  readonly created_at: string
  readonly type: string
  readonly level: 'info' | 'error'
  readonly message: string
  readonly step?: number
  readonly total_steps?: number
}

/** A row of figures; shown once so many steps are done, and not before a time (milliseconds of the clock). */
export type FigureRow = { readonly figures: Readonly<Record<string, unknown>>; readonly fromStep: number; readonly fromTime: number }

/** A job the server works on. */
export type TogetherJob = {
  readonly id: string
  readonly request: CreateBody
  readonly scenario: TogetherScenario
  readonly createdAt: string
  readonly events: JobEvent[]
  readonly figures: FigureRow[]
  status: string
  stepsDone: number
  cancelWanted: boolean
  gone: boolean
  /** How often it was asked for. */
  looks: number
  tokens: number
  /** Nanodollars. */
  billedNanoUsd: number
  modelOutputName: string | undefined
}

export type TrainOptions = {
  readonly rows: readonly TrainingRow[]
  /** A copy of what the job begins with; the job changes it. */
  readonly model: BigramModel
  readonly queueMs: number
  readonly msPerStep: number
  /** How long compressing and uploading take. */
  readonly finishMs: number
  readonly lateMs: number
  readonly nanoUsdPerToken: number
  readonly outputName: string
  readonly keepModel: (name: string, model: BigramModel) => void
  readonly signal: AbortSignal
}

export const isOver = ({ status }: Pick<TogetherJob, 'status'>): boolean => ['completed', 'error', 'user_error', 'cancelled'].includes(status)

/** Carries one job to its end: shuffles its rows, trains a model on batches of them, and tells every step. */
export async function trainJob(job: TogetherJob, options: TrainOptions): Promise<void> {
  const { scenario, request } = job
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: options.signal })
  tell(job, 'job_pending', 'Job is pending')
  job.status = 'queued'
  await pause(options.queueMs)
  while ((scenario === 'never-starts' || scenario === 'uncancellable') && !job.cancelWanted) await pause(2)
  if (await endIfCancelled(job, pause)) return
  if (scenario === 'new-status') {
    job.status = 'provisioning'
    for (const looks = job.looks; job.looks === looks; ) await pause(2)
  }
  job.status = 'running'
  tell(job, 'job_start', 'Job started')
  const batches = batchesOf(options.rows, request)
  for (const [i, batch] of batches.entries()) {
    await pause(options.msPerStep)
    if (await endIfCancelled(job, pause)) return
    const learningRate = request.learning_rate * 100 // It has one layer, and takes plain steps.
    const { loss, gradNorm } = trainStep(options.model, batch, { learningRate, maxGradNorm: request.max_grad_norm })
    job.stepsDone = i + 1
    job.tokens += tokensIn(batch)
    job.billedNanoUsd = job.tokens * options.nanoUsdPerToken
    const lateMs = scenario === 'late-figures' && i === batches.length - 1 ? options.lateMs : 0
    tellStep(
      job,
      { 'train/loss': loss, 'train/grad_norm': gradNorm, 'train/learning_rate': request.learning_rate, 'train/epoch': (i + 1) / batches.length },
      lateMs,
    )
    if (i !== 1) continue
    if (scenario === 'fails') return fail(job, 'error', 'CUDA out of memory. Tried to allocate 2.00 GiB')
    if (scenario === 'fails-silently') return fail(job, 'user_error')
    if (scenario === 'vanishes') job.gone = true
    if (scenario === 'cancelled-there') job.cancelWanted = true
  }
  tell(job, 'training_complete', 'Training complete', { step: batches.length, total_steps: batches.length })
  for (const status of ['compressing', 'uploading']) {
    job.status = status
    await pause(options.finishMs)
  }
  if (scenario !== 'no-model') job.modelOutputName = options.outputName
  options.keepModel(options.outputName, options.model)
  tell(job, 'job_complete', 'Job is complete')
  job.status = 'completed'
}

/** As the service's documentation has it: a seed gives the same run, the shuffle of the rows included. */
function batchesOf(rows: readonly TrainingRow[], { batch_size: size, gradient_accumulation_steps: passes, random_seed: seed }: CreateBody): TrainingRow[][] {
  const order = rows.map((row, i) => ({ row, key: fractions(`${seed}/${i}`)[0] })).sort((a, b) => a.key - b.key)
  const shuffled = order.map(({ row }) => row)
  const perStep = size * passes
  return Array.from({ length: Math.ceil(rows.length / perStep) }, (_, i) => shuffled.slice(i * perStep, (i + 1) * perStep))
}

function tellStep(job: TogetherJob, figures: Readonly<Record<string, number>>, lateMs: number): void {
  const { scenario, stepsDone: step } = job
  const show = (own: Readonly<Record<string, unknown>>, fromStep = step): void => {
    job.figures.push({ figures: { timestamp: Date.now() / 1000, ...own }, fromStep, fromTime: Date.now() + lateMs })
  }
  const row: Record<string, unknown> = { 'train/global_step': step, ...figures }
  if (scenario === 'gap' && step === 3) return
  if (scenario === 'nan-loss' && step >= 3) row['train/loss'] = Number.NaN
  if (scenario === 'null-loss' && step >= 3) row['train/loss'] = null
  if (scenario === 'no-norm' && step === 2) delete row['train/grad_norm']
  show(row, scenario === 'late-row' && step === 3 ? 5 : step)
  if (scenario === 'duplicates') show(step === 3 ? { ...row, 'train/loss': 9 } : row)
  if (scenario === 'eval-rows' && step % 2 === 0) show({ 'eval/global_step': step, 'eval/loss': 1.5 })
  if (scenario === 'eval-rows' && step === 4) show({ 'train/loss': 1.5, 'train/grad_norm': 1 })
}

function tell(job: TogetherJob, type: string, message: string, more: Partial<JobEvent> = {}): void {
  job.events.push({ object: 'fine-tune-event', created_at: new Date().toISOString(), type, level: 'info', message, ...more })
}

function fail(job: TogetherJob, status: string, reason?: string): void {
  if (reason !== undefined) tell(job, 'job_error', reason, { level: 'error' })
  job.status = status
}

async function endIfCancelled(job: TogetherJob, pause: (ms: number) => Promise<void>): Promise<boolean> {
  if (!job.cancelWanted) return false
  job.status = 'cancel_requested'
  await pause(5)
  tell(job, 'job_stopped', 'Job was cancelled')
  job.status = 'cancelled'
  return true
}
