import { type CallOptions, type JobSnapshot, type JobState, SediError, type TrainingMetric } from '@sedi/spec'
import type { JobRecord, WriteFile } from '../remote/job-store.ts'
import { withRetries } from '../remote/with-retries.ts'
import { type Attempt, readToldSteps, stepsFile, type TogetherJobs, type ToldStep } from './job-attempt.ts'
import { isSame, type MetricsReading, readMetrics, type StepFigures } from './read-metrics.ts'
import type { MetricRow, RemoteJob, TogetherService } from './service.ts'

export type LookOptions = {
  readonly jobs: TogetherJobs
  readonly service: TogetherService
  readonly writeFile: WriteFile
  readonly pausesMs: readonly number[]
  /** From the job's beginning to its first step of work; undefined: as long as it takes. */
  readonly startMs: number | undefined
  /** For figures to arrive after the job has ended. */
  readonly settleMs: number
  readonly clock: () => number
  /** When jobs were first seen to have ended, by the service's id. */
  readonly endedAt: Map<string, number>
}

export type Look = {
  readonly snapshot: JobSnapshot
  /** Steps that may be told: those up to the first gap, and all when the job has ended. */
  readonly metrics: readonly TrainingMetric[]
}

/** What the service calls its states. Source: the SDK's types; `user_error` from Together's Python SDK. */
const states: ReadonlyMap<string, JobState> = new Map([
  ['pending', 'queued'],
  ['queued', 'queued'],
  ['running', 'running'],
  ['compressing', 'running'],
  ['uploading', 'running'],
  ['cancel_requested', 'running'],
  ['cancelled', 'cancelled'],
  ['error', 'failed'],
  ['user_error', 'failed'],
  ['completed', 'succeeded'],
])

export const isUnended = (state: JobState): boolean => state === 'queued' || state === 'running'

/** Asks the service how the job stands and fetches figures that are new. What it says in the end is kept, and not asked for again. */
export async function lookAtJob(jobName: string, options: LookOptions, call: CallOptions = {}): Promise<Look> {
  const { jobs } = options
  const record = jobs.read(jobName)
  const attempt = record?.attempts.at(-1)
  if (record === undefined || attempt === undefined) return { snapshot: { state: 'lost', stepsDone: 0 }, metrics: [] }
  const told = (verdict: Verdict): Look => lookOf(jobs, jobName, record, verdict)
  if (attempt.remoteId === undefined) return told({ state: 'lost', error: 'it was not submitted to the end; submitted again, it goes on from there' })
  if (attempt.outcome !== undefined) return told(attempt.outcome)
  if (attempt.givenUp !== undefined) return told(await giveUp(jobName, attempt, attempt.givenUp, options, call))
  // The status first: figures that are told before a job ends are then all there.
  const job = await findRemote(attempt.remoteId, options, call)
  if (job === undefined) return told({ state: 'lost', error: `Together knows no job ${attempt.remoteId} any more` })
  const said = states.get(job.status)
  if (said === 'queued') {
    const waitedMs = options.clock() - attempt.createdAt!
    if (options.startMs === undefined || waitedMs <= options.startMs) return told({ state: 'queued' })
    const error = `job ${job.id} has not begun ${Math.round(waitedMs / 60_000)} min after it was submitted (trainer.startMinutes)`
    return told(await giveUp(jobName, attempt, { error, errorCode: 'not-started', cancelled: false }, options, call))
  }
  const reading = await fetchFigures(jobName, record, attempt, said !== undefined && !isUnended(said), options, call)
  if (reading.badStep !== undefined && said !== 'cancelled') {
    const error = `the loss of step ${record.firstStep + reading.badStep - 1} is not a number; job ${attempt.remoteId}`
    return told(await giveUp(jobName, attempt, { error, errorCode: 'nan-loss', cancelled: said !== undefined && !isUnended(said) }, options, call))
  }
  if (said === undefined)
    return told({ state: 'running', warnings: [`Together says “${job.status}” of job ${job.id}, which this version does not know; waiting`] })
  if (said === 'running' || (said === 'succeeded' && !reading.complete && !hasSettled(job.id, options))) return told({ state: 'running' })
  const outcome = await judgeEnd(job, said, attempt, reading, options, call)
  jobs.amend(jobName, { outcome })
  return told(outcome)
}

type Verdict = Pick<JobSnapshot, 'state' | 'model' | 'error' | 'errorCode' | 'warnings'>

/** Figures may be a moment later than the news that a job has ended. */
function hasSettled(id: string, { endedAt, settleMs, clock }: LookOptions): boolean {
  if (!endedAt.has(id)) endedAt.set(id, clock())
  return clock() - endedAt.get(id)! >= settleMs
}

async function findRemote(id: string, { service, pausesMs }: Pick<LookOptions, 'service' | 'pausesMs'>, call: CallOptions): Promise<RemoteJob | undefined> {
  return withRetries(() => service.job(id, call), { ...call, pausesMs }).catch((error: unknown) => {
    if (SediError.is(error, 'not-found')) return undefined
    throw error
  })
}

/** It would be billed, or begin later, while nobody waits for it: it is cancelled, now or when it is next looked at. */
async function giveUp(jobName: string, attempt: Attempt, reason: NonNullable<Attempt['givenUp']>, options: LookOptions, call: CallOptions): Promise<Verdict> {
  const { error, errorCode } = reason
  if (attempt.givenUp === undefined) options.jobs.amend(jobName, { givenUp: reason })
  if (reason.cancelled) return { state: 'failed', error, errorCode }
  try {
    await cancelRemote(attempt.remoteId!, options, call)
  } catch (cause) {
    if (SediError.is(cause, 'aborted')) throw cause
    const why = SediError.is(cause) ? cause.message : String(cause)
    return { state: 'failed', error, errorCode, warnings: [`job ${attempt.remoteId} could not be cancelled and may go on: ${why}`] }
  }
  options.jobs.amend(jobName, { givenUp: { ...reason, cancelled: true } })
  return { state: 'failed', error, errorCode }
}

/** Asks for the end of a job; one that has ended, or is unknown, needs none. */
export async function cancelRemote(id: string, options: Pick<LookOptions, 'service' | 'pausesMs'>, call: CallOptions): Promise<void> {
  const { service, pausesMs } = options
  const isOver = async (): Promise<boolean> => {
    const job = await findRemote(id, options, call)
    return job === undefined || job.status === 'cancel_requested' || !isUnended(states.get(job.status) ?? 'running')
  }
  if (await isOver()) return
  const mayRetry = ({ retryable, details }: SediError): boolean => retryable && details.status !== 409
  await withRetries(() => service.cancelJob(id, call), { ...call, pausesMs, mayRetry }).catch(async (error: unknown) => {
    if (SediError.is(error, 'aborted') || !(await isOver())) throw error
  })
}

async function judgeEnd(
  job: RemoteJob,
  state: JobState,
  attempt: Attempt,
  reading: FetchedFigures,
  options: LookOptions,
  call: CallOptions,
): Promise<NonNullable<Attempt['outcome']>> {
  const priceUsd = job.total_price == null ? undefined : job.total_price / 1e9
  const warnings = [...(attempt.notes ?? []), ...reading.warnings, priceWarning(job.id, priceUsd, attempt.estimateUsd)]
  const price = priceUsd === undefined ? {} : { priceUsd }
  if (state === 'cancelled') return { state, warnings, ...price }
  if (state === 'failed') return { state, ...(await reasonOf(job, options, call)), warnings, ...price }
  if (job.model_output_name == null || job.model_output_name === '') {
    return { state: 'failed', error: `job ${job.id} is completed, but names no model`, errorCode: 'no-model', warnings, ...price }
  }
  return { state, model: { trainer: 'together', uri: job.model_output_name }, warnings, ...price }
}

function priceWarning(id: string, priceUsd: number | undefined, estimateUsd: number | undefined): string {
  const estimate = estimateUsd === undefined ? '' : ` (estimated: $${estimateUsd.toFixed(4)})`
  if (priceUsd === undefined) return `Together does not say what job ${id} cost${estimate}; budget.maxCostUsd does not count it`
  return `Together bills $${priceUsd.toFixed(4)} for job ${id}${estimate}; budget.maxCostUsd does not count it`
}

/** The text of the last event about an error. */
async function reasonOf({ id, status }: RemoteJob, { service, pausesMs }: LookOptions, call: CallOptions): Promise<{ error: string; errorCode: string }> {
  const events = await withRetries(() => service.events(id, call), { ...call, pausesMs })
  const isError = (type: string, level: string | null | undefined): boolean => /^(job_error|billing_limit)$/i.test(type) || /error$/i.test(level ?? '')
  const event = events.findLast(({ type, level }) => isError(type, level))
  const message = event?.message ?? ''
  const errorCode = /out of memory/i.test(message) ? 'out-of-memory' : /billing_limit/i.test(event?.type ?? '') ? 'billing-limit' : 'job-error'
  return { error: message === '' ? `job ${id} ended as “${status}” and does not say why` : `${message} (job ${id})`, errorCode }
}

type FetchedFigures = { readonly badStep: number | undefined; readonly complete: boolean; readonly warnings: readonly string[] }

const windowSteps = 1000

/** Adds figures that are new to the job's steps on disk. What is missing or wrong is counted in `warnings`, when the job has ended. */
async function fetchFigures(
  jobName: string,
  record: JobRecord<Attempt>,
  attempt: Attempt,
  ended: boolean,
  { jobs, service, pausesMs, writeFile }: LookOptions,
  call: CallOptions,
): Promise<FetchedFigures> {
  const remoteId = attempt.remoteId!
  const expected = Math.min(record.steps, attempt.expectedSteps ?? record.steps)
  const known = new Map(readToldSteps(jobs, jobName).map((step) => [step.step, step]))
  // When it has ended, everything once more: what came twice or late shows only then.
  const from = ended ? 1 : firstMissing(known, record.steps)
  const rows: MetricRow[] = []
  for (let start = from; start <= record.steps; start += windowSteps) {
    const end = Math.min(record.steps, start + windowSteps - 1)
    const page = await withRetries(() => service.metrics(remoteId, start, end, call), { ...call, pausesMs }).catch((error: unknown) => {
      // No figures yet, or the job vanished since it was asked for: its status says so next time.
      if (SediError.is(error, 'not-found')) return []
      throw error
    })
    rows.push(...page)
    if (page.length === 0 && !ended) break
  }
  const reading = readMetrics(rows, record.steps)
  const before = known.size
  for (const [step, figures] of reading.steps) if (!known.has(step)) known.set(step, { ...figures, by: remoteId })
  const steps = [...known.values()].sort((a, b) => a.step - b.step)
  if (known.size > before) writeFile(stepsFile(jobs, jobName), `${steps.map((step) => JSON.stringify(step)).join('\n')}\n`)
  return {
    badStep: reading.badStep,
    complete: firstMissing(known, expected) > expected,
    warnings: ended ? figureWarnings(steps, reading, { ...record, steps: expected }, remoteId) : [],
  }
}

function firstMissing(known: ReadonlyMap<number, unknown>, lastStep: number): number {
  for (let step = 1; step <= lastStep; step++) if (!known.has(step)) return step
  return lastStep + 1
}

function figureWarnings(steps: readonly ToldStep[], reading: MetricsReading, { firstStep, steps: count }: JobRecord<Attempt>, remoteId: string): string[] {
  const list = (numbers: readonly number[]): string => {
    const shown = numbers.slice(0, 10).map((step) => firstStep + step - 1)
    return `${numbers.length} step${numbers.length === 1 ? '' : 's'}: ${shown.join(', ')}${numbers.length > 10 ? ', …' : ''}`
  }
  const known = new Set(steps.map(({ step }) => step))
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((step) => !known.has(step))
  const withoutNorm = steps.filter(({ gradNorm }) => gradNorm === undefined).map(({ step }) => step)
  const earlier = steps.filter(({ by }) => by !== remoteId).map(({ step }) => step)
  const differing = (step: ToldStep): boolean => {
    const now: StepFigures | undefined = reading.steps.get(step.step)
    return step.by === remoteId && now !== undefined && !isSame(step, now)
  }
  const contradicted = [...new Set([...reading.contradicted, ...steps.filter(differing).map(({ step }) => step)])].sort((a, b) => a - b)
  return [
    ...(missing.length === 0 ? [] : [`Together told nothing about ${list(missing)}`]),
    ...(withoutNorm.length === 0 ? [] : [`Together told no gradient norm for ${list(withoutNorm)}`]),
    ...(contradicted.length === 0 ? [] : [`Together told different figures for ${list(contradicted)}; the first ones stay`]),
    ...(reading.misplaced === 0 ? [] : [`Together told ${reading.misplaced} rows of figures without a step of this job; they are not used`]),
    ...(earlier.length === 0 ? [] : [`figures of an earlier attempt stay, though the model is of job ${remoteId}: ${list(earlier)}`]),
  ]
}

function lookOf(jobs: TogetherJobs, jobName: string, record: JobRecord<Attempt>, { state, model, error, errorCode, warnings = [] }: Verdict): Look {
  const told = readToldSteps(jobs, jobName)
  // A row may come late, and steps are told in order.
  const tellable = isUnended(state) ? told.filter(({ step }, i) => step === i + 1) : told
  return {
    metrics: tellable.map(({ step, loss, gradNorm, learningRate }) => ({
      step: record.firstStep + step - 1,
      // Which of our rows a step was trained on, the service does not say.
      exampleIds: [],
      loss,
      ...(gradNorm === undefined ? {} : { gradNorm }),
      ...(learningRate === undefined ? {} : { learningRate }),
    })),
    snapshot: {
      state,
      stepsDone: told.length,
      ...(model === undefined ? {} : { model }),
      ...(error === undefined ? {} : { error }),
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  }
}
