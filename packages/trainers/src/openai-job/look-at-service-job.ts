import { type CallOptions, type JobSnapshot, SediError, type TrainingMetric } from '@sedi/spec'
import { pause, withRetries } from '../remote/with-retries.ts'
import type { Attempt, OpenAiRecord } from './attempt.ts'
import type { FineTuningApi, ServiceJob } from './fine-tuning-api.ts'
import { readResults, type ToldLoss } from './read-results.ts'
import { gather, said, type ToldSteps } from './told-steps.ts'

export type Patience = {
  /** Between two looks. */
  readonly pollMs: number
  /** From its creation until it runs; undefined: as long as it takes. */
  readonly startMs: number | undefined
  /** For what may come after success: result files; also how long a new job may be missing. */
  readonly settleMs: number
  readonly pausesMs: readonly number[]
}

export type LookContext = {
  readonly api: FineTuningApi
  readonly record: OpenAiRecord
  /** Its last one, with a job id and no outcome. */
  readonly attempt: Attempt
  readonly told: ToldSteps
  readonly patience: Patience
  readonly pricePerMTokUsd: number | undefined
  readonly clock: () => number
  readonly save: (changes: Partial<Attempt>) => void
  readonly onNotice: (message: string) => void
}

export type Look = { readonly snapshot: JobSnapshot; readonly metrics: readonly TrainingMetric[] }

const queued: ReadonlySet<string> = new Set(['validating_files', 'validating', 'queued', 'pending', 'created'])
const over: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled'])

export const isOver = ({ status }: Pick<ServiceJob, 'status'>): boolean => over.has(status)

/** Asks the service about a job, takes over what it tells of steps, and decides. A state that has ended is made durable, and not asked for again. */
export async function lookAtServiceJob(context: LookContext, call: CallOptions): Promise<Look> {
  const { api, attempt, patience, clock } = context
  const retry = <T>(attemptOnce: () => Promise<T>): Promise<T> => withRetries(attemptOnce, { pausesMs: patience.pausesMs, signal: call.signal })
  const job = await retry(() => api.job(attempt.jobId!, call))
  if (job === undefined) {
    if (clock() - (attempt.createdAt ?? 0) <= patience.settleMs) return unended(context, 'queued', [])
    return ended(context, { state: 'lost', error: `${api.context.host} does not know the job ${attempt.jobId} any more (404)` }, [])
  }
  if (attempt.endSeenAt === undefined && job.status === 'succeeded') context.save({ endSeenAt: clock() })
  const known = isOver(job) ? 0 : context.told.contiguous
  const events = await retry(() => newEvents(api, job.id, known, call))
  const results = isOver(job) ? await readResultFiles(context, job, retry, call) : { told: [], warnings: [], complete: true }
  const gathered = gather(events, results.told, context.record.steps)
  context.told.add(gathered.usable)
  const warnings = [...gathered.warnings, ...results.warnings]
  if (gathered.nanAt !== undefined) return nanLoss(context, job, gathered.nanAt, warnings, call)
  if (job.status === 'succeeded') {
    const late = clock() - (attempt.endSeenAt ?? clock()) > patience.settleMs
    if ((!results.complete || job.fineTunedModel === undefined) && !late) return unended(context, 'running', warnings)
    return succeeded(context, job, warnings)
  }
  if (job.status === 'failed') {
    const { code, message } = job.error ?? { code: 'failed', message: 'it failed and does not say why' }
    return ended(context, { state: 'failed', error: `${message} (${code})`, errorCode: code }, [...warnings, ...billed(context, job)])
  }
  if (job.status === 'cancelled') return ended(context, { state: 'cancelled' }, [...warnings, ...billed(context, job)])
  return goingOn(context, job, warnings, call)
}

/** Oldest first; no further back than to what is known. None where the service has no events, or has lost the job this moment. */
async function newEvents(api: FineTuningApi, id: string, known: number, call: CallOptions): Promise<ToldLoss[]> {
  const events: ToldLoss[] = []
  try {
    for await (const { step, loss } of api.stepEvents(id, call)) {
      if (step <= known) break
      events.push({ step, loss })
    }
  } catch (error) {
    if (!SediError.is(error, 'not-found')) throw error
  }
  return events.reverse()
}

type Results = { readonly told: readonly ToldLoss[]; readonly warnings: readonly string[]; readonly complete: boolean }

async function readResultFiles({ api }: LookContext, job: ServiceJob, retry: <T>(once: () => Promise<T>) => Promise<T>, call: CallOptions): Promise<Results> {
  const told: ToldLoss[] = []
  const warnings: string[] = []
  for (const id of job.resultFiles) {
    try {
      const rows = readResults(await retry(() => api.fileText(id, call)))
      if (rows === undefined) warnings.push(`the result file ${id} has no columns “step” and “train_loss”; it was not used`)
      else told.push(...rows)
    } catch (error) {
      if (!SediError.is(error) || error.code === 'aborted' || error.retryable) throw error
      warnings.push(`the result file ${id} cannot be read: ${error.message.split('\n')[0]}`)
    }
  }
  return { told, warnings, complete: job.status !== 'succeeded' || job.resultFiles.length > 0 }
}

/** A state the service is not finished with: waiting, at work, or in words this version does not know. */
async function goingOn(context: LookContext, job: ServiceJob, warnings: readonly string[], call: CallOptions): Promise<Look> {
  const { attempt, api, patience, clock, told } = context
  // Told steps are newer than the status that was asked for before them.
  if (queued.has(job.status) && told.losses.size === 0) {
    const waitedMs = clock() - (attempt.createdAt ?? clock())
    if (patience.startMs === undefined || waitedMs <= patience.startMs) return unended(context, 'queued', warnings)
    const left = await endAtService(api, job.id, patience, call, ({ status }) => !queued.has(status))
    if (left !== undefined && !queued.has(left.status) && left.status !== 'cancelled') return unended(context, 'running', warnings)
    const minutes = `${Math.round(waitedMs / 6000) / 10} min`
    const rest = left?.status === 'cancelled' ? 'it was cancelled' : `it could not be cancelled: look for ${job.id} at ${api.context.host}`
    const error = `it has not begun ${minutes} after it was created (never-started); ${rest}`
    return ended(context, { state: 'failed', error, errorCode: 'never-started' }, warnings, left?.status !== 'cancelled')
  }
  if (job.status === 'running' || queued.has(job.status)) return unended(context, 'running', warnings)
  const what =
    job.status === 'paused' ? 'is paused there; it goes on when it is resumed there, or cancel it' : 'which this version does not know; taken as running'
  const text = job.status === 'paused' ? `the job ${job.id} ${what}` : `${api.context.host} says “${job.status}” of the job ${job.id}, ${what}`
  context.onNotice(text)
  return unended(context, 'running', [...warnings, text])
}

/** A model with such a loss in its history is broken, whatever the service says of it. */
async function nanLoss(context: LookContext, job: ServiceJob, step: number, warnings: readonly string[], call: CallOptions): Promise<Look> {
  const { api, record, patience } = context
  const left = isOver(job) ? job : await endAtService(api, job.id, patience, call)
  const mayWork = left === undefined || !isOver(left)
  const error = `step ${record.firstStep + step - 1} has a loss that is not a number (nan-loss). Set a lower trainer.learningRateMultiplier, or look at that batch`
  return ended(context, { state: 'failed', error, errorCode: 'nan-loss' }, [...warnings, ...billed(context, left ?? job)], mayWork)
}

/**
 * Cancels, and says how the job stands then; undefined: it is gone, or could not be cancelled or seen.
 *
 * @param decided when there is nothing to wait for any more: the state follows the promise after a moment
 */
export async function endAtService(
  api: FineTuningApi,
  id: string,
  { pausesMs }: Pick<Patience, 'pausesMs'>,
  call: CallOptions,
  decided: (job: ServiceJob) => boolean = isOver,
): Promise<ServiceJob | undefined> {
  try {
    await api.cancel(id, call).catch((error: unknown) => {
      // Refused because it has ended or cannot be stopped now: its state says which.
      if (SediError.is(error, 'aborted')) throw error
    })
    for (const pauseMs of [...pausesMs.slice(0, 4), undefined]) {
      const job = await api.job(id, call)
      if (job === undefined || decided(job) || pauseMs === undefined) return job
      await pause(pauseMs, call)
    }
  } catch (error) {
    if (!SediError.is(error) || !error.retryable) throw error
  }
  return undefined
}

function succeeded(context: LookContext, job: ServiceJob, warnings: readonly string[]): Look {
  const { told, record, attempt, api } = context
  if (job.fineTunedModel === undefined) {
    return ended(
      context,
      { state: 'failed', error: `it has succeeded, but names no fine-tuned model; look at ${job.id} at ${api.context.host}`, errorCode: 'no-model' },
      [...warnings, ...billed(context, job)],
    )
  }
  const planned = Math.min(record.steps, attempt.serviceSteps)
  const missing = new Set(Array.from({ length: planned }, (_, i) => i + 1).filter((step) => !told.losses.has(step)))
  const global = new Set([...missing].map((step) => record.firstStep + step - 1))
  const gaps = told.losses.size === 0 ? ['the service told the loss of no step'] : said(global, 'were not told', 'was not told')
  return ended(context, { state: 'succeeded', model: { trainer: 'openai', uri: job.fineTunedModel } }, [...warnings, ...gaps, ...billed(context, job)])
}

function billed({ pricePerMTokUsd }: LookContext, { trainedTokens, id }: ServiceJob): string[] {
  if (trainedTokens === undefined) return [`the service does not say how many tokens it billed for ${id}; budget.maxCostUsd does not cover training`]
  const price = pricePerMTokUsd === undefined ? 'at a price not known here (trainer.price)' : `about $${((trainedTokens * pricePerMTokUsd) / 1e6).toFixed(4)}`
  return [`the service trained ${trainedTokens} tokens for ${id}: ${price}, outside budget.maxCostUsd`]
}

function unended({ told, record, attempt }: LookContext, state: 'queued' | 'running', warnings: readonly string[]): Look {
  const all = [...attempt.notes, ...warnings]
  return {
    snapshot: { state, stepsDone: told.losses.size, ...(all.length === 0 ? {} : { warnings: all }) },
    metrics: told.metrics(record.firstStep, 'contiguous'),
  }
}

function ended(context: LookContext, verdict: Omit<JobSnapshot, 'stepsDone' | 'warnings'>, warnings: readonly string[], mayWork = false): Look {
  const { told, record, attempt, save } = context
  const all = [...attempt.notes, ...warnings]
  const snapshot: JobSnapshot = { ...verdict, stepsDone: told.losses.size, ...(all.length === 0 ? {} : { warnings: all }) }
  save({ outcome: snapshot, ...(mayWork ? { mayWork } : {}) })
  return { snapshot, metrics: told.metrics(record.firstStep, 'all') }
}
