import { type CallOptions, SediError, type TrainingSpec } from '@sedi/spec'
import { trainingFile } from '../remote/training-file.ts'
import { pause, withRetries } from '../remote/with-retries.ts'
import type { Attempt, OpenAiStore } from './attempt.ts'
import type { FineTuningApi, NewJob, ServiceJob } from './fine-tuning-api.ts'

export type CreateOptions = {
  readonly store: OpenAiStore
  readonly api: FineTuningApi
  readonly job: Pick<NewJob, 'model' | 'hyperparameters' | 'hyperparametersAt' | 'seed'>
  /** Pauses between attempts at one request. */
  readonly pausesMs: readonly number[]
  /** How long a job that was just created may be missing from the service's list. */
  readonly settleMs: number
  readonly clock: () => number
}

/**
 * Brings the last attempt of a job's record to the service: the file, then the job. A request to create a job is noted before it is sent; as long
 * as the note has no answer, the job is looked for at the service before it is asked for again. So a crash at any point buys one job.
 */
export async function createOnce(spec: TrainingSpec, attempt: Attempt, options: CreateOptions, call: CallOptions): Promise<void> {
  const { store, api, job, pausesMs, clock } = options
  const save = (changes: Partial<Attempt>): Attempt => store.amend(spec.jobName, changes)
  let known = attempt
  if (known.fileId === undefined) {
    // Files are free: one that was sent without our learning its id is left there.
    const send = (): Promise<string> => api.upload(`${known.name}.jsonl`, trainingFile(spec).text, call)
    known = save({ fileId: await withRetries(send, { pausesMs, signal: call.signal }) })
  }
  let metadata: NewJob['metadata'] = { sedi_job: known.name }
  for (let failures = 0; ; ) {
    const found = known.askedAt === undefined ? undefined : await findJob(known, options, call)
    if (found !== undefined) return void save({ jobId: found.id, createdAt: known.askedAt })
    known = save({ askedAt: clock() })
    try {
      const { id } = await api.create({ ...job, trainingFile: known.fileId!, suffix: known.name, metadata }, call)
      return void save({ jobId: id, createdAt: clock() })
    } catch (thrown) {
      if (!SediError.is(thrown)) throw thrown
      if (thrown.details.charged === 'none') known = save({ askedAt: undefined })
      if (refusesMetadata(thrown) && metadata !== undefined) {
        metadata = undefined
        continue
      }
      const pauseMs = pausesMs[failures++]
      if (thrown.code === 'aborted' || !thrown.retryable || pauseMs === undefined) throw explain(thrown)
      const asked = typeof thrown.details.retryAfterMs === 'number' ? thrown.details.retryAfterMs : 0
      await pause(Math.max(pauseMs, asked), call)
    }
  }
}

/** Services that know only the older fields; the suffix names the job just as well. */
const refusesMetadata = ({ code, message }: SediError): boolean => code === 'invalid-input' && /metadata/i.test(message)

function explain(error: SediError): SediError {
  if (error.details.status !== 404 || error.details.serviceCode === 'model_not_found') return error
  const message = `${error.message}\nThe service at this address has no fine-tuning, or does not know the model. Check trainer.baseUrl and trainer.baseModel.`
  return new SediError('unsupported', message, { details: error.details, cause: error })
}

/** The job of an attempt whose creation has no known answer. Looks again after a while where it may not be listed yet. */
export async function findJob(
  attempt: Attempt,
  { api, pausesMs, settleMs, clock }: Pick<CreateOptions, 'api' | 'pausesMs' | 'settleMs' | 'clock'>,
  call: CallOptions,
): Promise<ServiceJob | undefined> {
  const look = (): Promise<ServiceJob | undefined> => withRetries(() => findInList(attempt, api, call), { pausesMs, signal: call.signal })
  // The request may have been on its way for as long as one may take, and what it made may not be listed at once.
  const isOld = clock() - attempt.askedAt! > api.timeoutMs + settleMs
  const found = await look()
  if (found !== undefined || isOld) return found
  await pause(settleMs, call)
  return look()
}

/** Jobs are listed newest first; a clock may be wrong by less than this. */
const dayMs = 24 * 3600 * 1000

async function findInList(attempt: Attempt, api: FineTuningApi, call: CallOptions): Promise<ServiceJob | undefined> {
  try {
    for await (const job of api.jobs(call)) {
      if (job.suffix === attempt.name || job.metadata.sedi_job === attempt.name || job.trainingFile === attempt.fileId) return job
      if (job.createdAtMs !== undefined && job.createdAtMs < attempt.askedAt! - dayMs) return undefined
    }
    return undefined
  } catch (error) {
    if (!SediError.is(error, 'not-found')) throw error
    const { trainer, host } = api.context
    const message = `${trainer}: it is not known whether the job “${attempt.name}” was created, and ${host} does not list its jobs. Look for it there; none is created meanwhile, because a second one would be billed as well. If there is none, remove the job’s folder and resume.`
    throw new SediError('provider-response', message, { details: { charged: 'uncertain' }, cause: error })
  }
}
