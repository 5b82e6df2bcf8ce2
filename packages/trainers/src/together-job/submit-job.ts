import { readdirSync } from 'node:fs'
import { type CallOptions, SediError, type TrainingSpec } from '@sedi/spec'
import { remoteName } from '../remote/job-store.ts'
import { trainingFile } from '../remote/training-file.ts'
import { pause, withRetries } from '../remote/with-retries.ts'
import { composeRequest, type TogetherModel } from './compose-request.ts'
import type { Attempt, TogetherJobs } from './job-attempt.ts'
import type { JobRequest, RemoteFile, RemoteJob, TogetherService } from './service.ts'

export type SubmitOptions = {
  readonly jobs: TogetherJobs
  readonly service: TogetherService
  readonly model: TogetherModel
  /** Of all jobs of this folder together. */
  readonly maxCostUsd: number | undefined
  readonly pausesMs: readonly number[]
  /** For a new job to show in the service's list. */
  readonly settleMs: number
  readonly clock: () => number
}

/** Adds an attempt to the job's record: its name at the service, before the service hears of it. */
export function beginAttempt(jobs: TogetherJobs, jobName: string): void {
  const record = jobs.read(jobName)!
  const suffix = remoteName(jobName, record, record.attempts.length + 1)
  const fileId = record.attempts.at(-1)?.fileId
  jobs.write(jobName, { ...record, attempts: [...record.attempts, { suffix, ...(fileId === undefined ? {} : { fileId }) }] })
}

/**
 * Carries the job's last attempt from wherever it stands to a job at the service: file, price, job. Whoever calls it again after a crash
 * goes on with what is there; the service bills one job.
 */
export async function submitAttempt(spec: TrainingSpec, options: SubmitOptions, call: CallOptions): Promise<void> {
  const { jobs, clock } = options
  const { jobName } = spec
  let attempt = jobs.read(jobName)!.attempts.at(-1)!
  if (attempt.remoteId !== undefined) return
  if (attempt.request === undefined) {
    const limits = await withRetries(() => options.service.modelLimits(options.model.baseModel, call), { ...call, pausesMs: options.pausesMs })
    const { request, steps, notes } = composeRequest(spec, options.model, limits)
    const kept = attempt.fileId === undefined ? undefined : await checkedFile(attempt.fileId, options, call)
    const fileId = kept ?? (await checkedFile(await uploadOnce(spec, attempt, options, call), options, call))!
    attempt = jobs.amend(jobName, { request: { ...request, training_file: fileId, suffix: attempt.suffix }, expectedSteps: steps, notes })
  }
  if (options.maxCostUsd !== undefined && attempt.estimateUsd === undefined && attempt.creating === undefined) {
    attempt = jobs.amend(jobName, { estimateUsd: await affordable(attempt.request!, options.maxCostUsd, options, call) })
  }
  const { id } = await createOnce(jobName, attempt, options, call)
  jobs.amend(jobName, { remoteId: id, createdAt: clock() })
}

/** A file costs nothing, but each is somebody's to tidy up: one that an interrupted upload left is used. */
async function uploadOnce(spec: TrainingSpec, attempt: Attempt, { jobs, service, pausesMs }: SubmitOptions, call: CallOptions): Promise<string> {
  const retry = { ...call, pausesMs }
  const name = `${attempt.suffix}.jsonl`
  const find = async (): Promise<RemoteFile | undefined> => (await service.listFiles(call)).find(({ filename }) => filename === name)
  const left = attempt.uploading === undefined ? undefined : await withRetries(find, retry)
  if (left === undefined) jobs.amend(spec.jobName, { uploading: true })
  const fileId = left?.id ?? (await withRetries(() => service.uploadFile(name, trainingFile(spec).text, call), retry))
  jobs.amend(spec.jobName, { fileId })
  return fileId
}

const inCheck = new Set(['PENDING', 'QUEUED', 'RUNNING'])

/**
 * The file's id once the service has checked it; one that takes long is checked again with the job. Undefined where the service does not
 * keep it any more. Throws `invalid-input` with what the check found.
 */
async function checkedFile(fileId: string, { service, pausesMs }: SubmitOptions, call: CallOptions): Promise<string | undefined> {
  for (const pauseMs of [...pausesMs, 0]) {
    const file = await withRetries(() => service.file(fileId, call), { ...call, pausesMs }).catch((error: unknown) => {
      if (SediError.is(error, 'not-found')) return undefined
      throw error
    })
    if (file === undefined) return undefined
    const { processing_status: status, validation_report: report } = file
    if (status === 'INVALID_FORMAT' || status === 'FAILED') {
      throw new SediError('invalid-input', `Together does not accept the training file ${fileId}: ${report?.error ?? status}`)
    }
    if (!inCheck.has(status ?? '')) break
    await pause(pauseMs, call)
  }
  return fileId
}

/** The estimate, where it and what earlier jobs of this folder cost stay within the limit. */
async function affordable(request: JobRequest, maxCostUsd: number, { jobs, service, pausesMs }: SubmitOptions, call: CallOptions): Promise<number> {
  const estimate = await withRetries(() => service.estimatePrice(request, call), { ...call, pausesMs })
  const price = estimate.estimated_total_price
  if (!estimate.estimation_available || price === undefined) {
    throw new SediError(
      'budget-exhausted',
      'Together gives no price for this job, and trainer.maxCostUsd is set. Without it the job would be submitted all the same.',
    )
  }
  const spent = spentUsd(jobs)
  if (spent + price > maxCostUsd) {
    throw new SediError(
      'budget-exhausted',
      `Together estimates $${price.toFixed(4)} for this job; with $${spent.toFixed(4)} of earlier jobs that is more than trainer.maxCostUsd = $${maxCostUsd}. Raise it to go on: sedi resume --max-training-cost.`,
    )
  }
  if (estimate.allowed_to_proceed === false) {
    throw new SediError(
      'quota-exhausted',
      `Together does not let this account begin a job of $${price.toFixed(4)} (its limit: $${estimate.user_limit ?? '?'}).`,
    )
  }
  return price
}

/** Dollars of all jobs that were begun: their price where the service has said it, else its estimate. */
function spentUsd(jobs: TogetherJobs): number {
  const names = readdirSync(jobs.folderOf('.'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const attempts = names.flatMap(({ name }) => jobs.read(name)?.attempts ?? [])
  const begun = attempts.filter(({ creating }) => creating === true)
  return begun.reduce((sum, { outcome, estimateUsd }) => sum + (outcome?.priceUsd ?? estimateUsd ?? 0), 0)
}

/**
 * The service knows no idempotency key: a request whose answer is lost may have begun a job. It is looked for by its name, which no other
 * job has, before the request is made again.
 */
async function createOnce(jobName: string, attempt: Attempt, { jobs, service, pausesMs, settleMs }: SubmitOptions, call: CallOptions): Promise<RemoteJob> {
  const retry = { ...call, pausesMs }
  const { suffix, request } = attempt
  const find = async (): Promise<RemoteJob | undefined> => {
    const isOurs = (job: RemoteJob): boolean => job.suffix === suffix || job.model_output_name?.includes(suffix) === true
    return (await service.listJobs(call)).find(isOurs)
  }
  let mayExist = attempt.creating === true
  if (!mayExist) jobs.amend(jobName, { creating: true })
  const create = async (): Promise<RemoteJob> => {
    if (mayExist) {
      const found = (await withRetries(find, retry)) ?? (await pause(settleMs, call).then(() => withRetries(find, retry)))
      if (found !== undefined) return found
    }
    try {
      return await service.createJob(request!, call)
    } catch (error) {
      mayExist = SediError.is(error) && error.details.charged !== 'none'
      throw error
    }
  }
  return withRetries(create, retry)
}
