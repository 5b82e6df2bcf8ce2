import { setTimeout as wait } from 'node:timers/promises'
import type { ChatLine } from './check-request.ts'
import { readTrainingFile } from './check-request.ts'
import { isOver, type JobEvent, nowSeconds, type ToldStep, type TuningJob } from './stored.ts'
import { lossOf, type Student, tokensOf } from './student.ts'

export type WorkOptions = {
  readonly content: Buffer
  readonly before: Student
  readonly minExamples: number
  /** How long validation, the queue and each step take. */
  readonly validateMs: number
  readonly queueMs: number
  readonly msPerStep: number
  /** How late results and models come where they come late. */
  readonly lateMs: number
  readonly keepFile: (name: string, content: Buffer) => string
  readonly keepModel: (job: TuningJob, lines: readonly ChatLine[], steps: number, readyAt: number) => string
  readonly signal: AbortSignal
}

/** Carries one job to its end. */
export async function workOnJob(job: TuningJob, options: WorkOptions): Promise<void> {
  const { scenario } = job
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: options.signal })
  tell(job, `Created fine-tuning job: ${job.id}`)
  tell(job, `Validating training file: ${job.trainingFile}`)
  await pause(options.validateMs)
  if (endIfCancelled(job)) return
  const { lines, problem } = readTrainingFile(options.content, options.minExamples)
  if (problem !== undefined || scenario === 'invalid-file') return fail(job, problem ?? refusedFile)
  job.status = 'queued'
  tell(job, 'Files validated, moving job to queued state')
  await pause(options.queueMs)
  while ((scenario === 'stuck-in-queue' || scenario === 'stuck-uncancellable') && !job.cancelWanted) await pause(3)
  if (scenario === 'starts-when-cancelled') while (!job.resumed) await pause(3)
  if (endIfCancelled(job)) return
  if (scenario === 'new-status') {
    job.status = 'warming_up'
    for (const looks = job.looks; job.looks === looks; ) await pause(3)
  }
  job.status = 'running'
  tell(job, 'Fine-tuning job started')

  const batches = batchesOf(job, lines)
  if (scenario === 'more-steps') batches.push(batches[0]!, batches[0]!)
  for (const [i, batch] of batches.entries()) {
    await pause(options.msPerStep)
    if (scenario === 'wins-the-race' && job.cancelWanted) break
    if (endIfCancelled(job)) return
    if (scenario === 'vanishes' && i === 2) {
      while (!job.gone) await pause(3)
      return
    }
    job.status = 'running'
    if (job.pauseWanted || (scenario === 'paused' && i === 2)) {
      job.status = 'paused'
      while (!job.resumed && !job.cancelWanted) await pause(3)
      if (endIfCancelled(job)) return
      job.status = 'running'
    }
    doStep(job, i + 1, batches.length, lossOf(job.id, options.before, i, batch))
    if (i !== 1) continue
    if (scenario === 'fails') return fail(job, { code: 'server_error', message: 'The job failed due to an internal error.', param: null })
    if (scenario === 'cancelled-there') job.cancelWanted = true
  }
  await succeed(job, lines, batches, options)
}

const refusedFile = {
  code: 'invalid_training_file',
  message: 'The job failed due to an invalid training file. 3 examples were blocked by moderation.',
  param: 'training_file',
}

function batchesOf({ hyperparameters }: TuningJob, lines: readonly ChatLine[]): ChatLine[][] {
  const size = typeof hyperparameters.batch_size === 'number' ? hyperparameters.batch_size : 1
  const epochs = typeof hyperparameters.n_epochs === 'number' ? hyperparameters.n_epochs : 3
  const all = Array.from({ length: epochs }, () => lines).flat()
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

function doStep(job: TuningJob, step: number, steps: number, loss: number): void {
  const { scenario } = job
  job.stepsDone = step
  const broken = scenario === 'nan-loss' && step >= 3
  const told: ToldStep = { step, loss: broken ? Number.NaN : loss }
  const gap = step === 3 && (scenario === 'events-gap' || scenario === 'metrics-gap')
  if (!gap && scenario !== 'no-events') tellStep(job, told, steps)
  if (!(step === 3 && scenario === 'metrics-gap')) job.results.push(told)
  if (step === 3 && scenario === 'duplicate-steps') {
    const again = { step, loss: Number((loss + 1).toFixed(6)) }
    tellStep(job, again, steps)
    job.results.push(again)
  }
}

async function succeed(job: TuningJob, lines: readonly ChatLine[], batches: readonly ChatLine[][], options: WorkOptions): Promise<void> {
  const { scenario } = job
  const late = (): Promise<void> => wait(options.lateMs, undefined, { signal: options.signal })
  const tokens = batches.slice(0, job.stepsDone).flat()
  job.trainedTokens = tokens.reduce((sum, { prompt, completion }) => sum + tokensOf(prompt) + tokensOf(completion), 0)
  const readyAt = scenario === 'late-model' ? Date.now() + options.lateMs : 0
  job.fineTunedModel = scenario === 'no-model' ? null : options.keepModel(job, lines, job.stepsDone, readyAt)
  const keepResults = (): void => {
    job.resultFiles = [options.keepFile('step_metrics.csv', resultsOf(job))]
  }
  if (scenario !== 'late-results' && scenario !== 'no-results') keepResults()
  job.finishedAt = nowSeconds()
  tell(job, 'The job has successfully completed')
  job.status = 'succeeded'
  if (scenario === 'late-results') {
    await late()
    keepResults()
  }
}

function resultsOf({ results, scenario }: TuningJob): Buffer {
  const rows = results.map(({ step, loss }) => `${step},${Number.isNaN(loss) ? 'nan' : loss},0.5,,`)
  const csv =
    scenario === 'foreign-results' ? 'epoch,accuracy\n1,0.5\n' : ['step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy', ...rows, ''].join('\n')
  return scenario === 'base64-results' ? Buffer.from(Buffer.from(csv).toString('base64')) : Buffer.from(csv)
}

function fail(job: TuningJob, error: NonNullable<TuningJob['error']>): void {
  job.error = error
  job.finishedAt = nowSeconds()
  tell(job, error.message, 'error')
  job.status = 'failed'
}

function endIfCancelled(job: TuningJob): boolean {
  if (job.cancelWanted && !isOver(job)) {
    job.status = 'cancelled'
    job.finishedAt = nowSeconds()
    tell(job, 'The job has been cancelled')
  }
  return isOver(job)
}

let lastEvent = 0
const addEvent = (job: TuningJob, event: Omit<JobEvent, 'id' | 'createdAt'>): void =>
  void job.events.push({ id: `ftevent-${++lastEvent}`, createdAt: nowSeconds(), ...event })

const tell = (job: TuningJob, message: string, level: JobEvent['level'] = 'info'): void => addEvent(job, { level, type: 'message', message, data: null })

function tellStep(job: TuningJob, { step, loss }: ToldStep, steps: number): void {
  const data = { step, train_loss: loss, total_steps: steps, train_mean_token_accuracy: 0.5 }
  addEvent(job, { level: 'info', type: 'metrics', message: `Step ${step}/${steps}: training loss=${loss.toFixed(2)}`, data })
}
