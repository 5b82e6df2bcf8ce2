import { type CallOptions, issuesError, type JobRef, type JobSnapshot, SediError, type Trainer, type TrainerCapabilities, type TrainingSpec } from '@sedi/spec'
import { throwIfAborted } from '../aborted.ts'
import { followSteps } from '../follow-steps.ts'
import { createJobStore, remoteName, type WriteFile } from '../remote/job-store.ts'
import { trainingFile } from '../remote/training-file.ts'
import { pause, withRetries } from '../remote/with-retries.ts'
import { specHash } from '../spec-hash.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { askModel } from './ask-model.ts'
import type { Attempt, OpenAiRecord } from './attempt.ts'
import { type CreateOptions, createOnce, findJob } from './create-once.ts'
import type { FineTuningApi, NewJob } from './fine-tuning-api.ts'
import { lengthNotes } from './length-notes.ts'
import { endAtService, isOver, type Look, lookAtServiceJob, type Patience } from './look-at-service-job.ts'
import { openToldSteps, type ToldSteps } from './told-steps.ts'

export type OpenAiTrainerSettings = {
  /** Where the jobs' folders are. */
  readonly folder: string
  readonly api: FineTuningApi
  readonly capabilities: TrainerCapabilities
  readonly baseModel: string
  readonly learningRateMultiplier: number | 'auto'
  readonly hyperparametersAt: NewJob['hyperparametersAt']
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
  /** Most questions to a model at once. */
  readonly concurrency: number
  readonly pricePerMTokUsd: number | undefined
  readonly patience: Patience
  readonly onNotice?: ((message: string) => void) | undefined
  /** @default Date.now */
  readonly clock?: (() => number) | undefined
  readonly writeFile?: WriteFile | undefined
}

/** Lengths are the service's to limit. */
const contextTokens = 1_048_576

/**
 * Jobs of a service that speaks OpenAI's fine-tuning protocol. What is known of a job is in its folder, each fact before what is done because of
 * it; the job itself goes on at the service when this process ends. One process at a time.
 */
export function createOpenAiTrainer(settings: OpenAiTrainerSettings): Trainer {
  const { folder, api, capabilities, baseModel, patience, clock = Date.now } = settings
  const store = createJobStore<Attempt>(folder, ...(settings.writeFile === undefined ? [] : ([settings.writeFile] as const)))
  const closing = new AbortController()
  const looks = new Map<string, { readonly at: number; readonly look: Look }>()
  const books = new Map<string, ToldSteps>()
  const submitting = new Map<string, Promise<unknown>>()
  const notices = new Set<string>()
  const limits = { trainer: 'openai', contextTokens, masks: false, errors: false }

  const save = (jobName: string, changes: Partial<Attempt>): Attempt => {
    looks.delete(jobName)
    return store.amend(jobName, changes)
  }
  /** Ends with its caller's signal or with the trainer. */
  const until = ({ signal }: CallOptions): CallOptions => ({ signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]) })

  function toldSteps(jobName: string, attempt: number): ToldSteps {
    const key = `${jobName}/${attempt}`
    const known = books.get(key) ?? openToldSteps(store.folderOf(jobName), attempt)
    books.set(key, known)
    return known
  }

  function recordOf({ trainer, id }: JobRef): OpenAiRecord | undefined {
    if (trainer !== 'openai') throw new SediError('invalid-input', `This is a job of trainer “${trainer}”, not of “openai”.`)
    return store.read(id)
  }

  async function look(job: JobRef, call: CallOptions): Promise<Look> {
    throwIfAborted(call)
    const record = recordOf(job)
    const attempt = record?.attempts.at(-1)
    if (record === undefined || attempt === undefined) return nothing
    const told = toldSteps(job.id, record.attempts.length)
    if (attempt.outcome !== undefined) return { snapshot: attempt.outcome, metrics: told.metrics(record.firstStep, 'all') }
    const recent = looks.get(job.id)
    if (recent !== undefined && performance.now() - recent.at < patience.pollMs) return recent.look
    const known = attempt.jobId === undefined ? await refind(job.id, attempt, call) : attempt
    if (known === undefined) return interrupted
    const seen = await lookAtServiceJob(
      {
        ...{ api, record, told, patience, clock, attempt: known, pricePerMTokUsd: settings.pricePerMTokUsd },
        save: (changes) => void save(job.id, changes),
        onNotice(message) {
          if (!notices.has(message)) settings.onNotice?.(message)
          notices.add(message)
        },
      },
      until(call),
    )
    looks.set(job.id, { at: performance.now(), look: seen })
    return seen
  }

  /** A creation whose answer was lost with its process: is there a job? */
  async function refind(jobName: string, attempt: Attempt, call: CallOptions): Promise<Attempt | undefined> {
    if (attempt.askedAt === undefined || submitting.has(jobName)) return undefined
    const found = await findJob(attempt, { api, clock, pausesMs: patience.pausesMs, settleMs: patience.settleMs }, until(call))
    return found === undefined ? undefined : save(jobName, { jobId: found.id, createdAt: attempt.askedAt })
  }

  const createOptions = (spec: TrainingSpec): CreateOptions => ({
    ...{ store, api, clock, pausesMs: patience.pausesMs, settleMs: patience.settleMs },
    job: {
      model: spec.continueFrom?.uri ?? baseModel,
      // Seeds of the service have 31 bits.
      seed: ((spec.randomSeed % 2 ** 31) + 2 ** 31) % 2 ** 31,
      hyperparameters: { n_epochs: 1, batch_size: spec.batchSize, learning_rate_multiplier: settings.learningRateMultiplier },
      hyperparametersAt: settings.hyperparametersAt,
    },
  })

  function newAttempt(spec: TrainingSpec, record: OpenAiRecord): Attempt {
    const { rows } = trainingFile(spec)
    const serviceSteps = Math.ceil(rows / spec.batchSize)
    const uneven =
      serviceSteps === spec.batches.length
        ? []
        : [
            `the service makes ${serviceSteps} steps of ${rows} rows, not our ${spec.batches.length} batches: losses belong to other rows than ours from the first short batch on`,
          ]
    const attempt = { name: remoteName(spec.jobName, record, record.attempts.length + 1), serviceSteps, notes: [...uneven, ...lengthNotes(spec)] }
    looks.delete(spec.jobName)
    store.write(spec.jobName, { ...record, attempts: [...record.attempts, attempt] })
    return attempt
  }

  /**
   * A job that has failed, was cancelled or is lost, and was told so, is bought again when it is submitted again. Before that the old one must be
   * over at the service; one that turns out to be there after all is taken instead.
   */
  async function isTakenBack(jobName: string, { jobId, outcome, mayWork }: Attempt, call: CallOptions): Promise<boolean> {
    if (jobId === undefined || !(mayWork || outcome?.state === 'lost')) return false
    const job = await withRetries(() => api.job(jobId, call), { pausesMs: patience.pausesMs, signal: call.signal })
    if (job === undefined) return false
    const broken = outcome?.errorCode === 'nan-loss'
    const left = broken && !isOver(job) ? await endAtService(api, jobId, patience, call) : job
    const done = left !== undefined && isOver(left) && (broken || left.status !== 'succeeded')
    if (done) return false
    if (broken) {
      const message = `Job “${jobName}” is still at work at ${api.context.host} as ${jobId} and could not be cancelled. Cancel it there; a second one would be billed beside it.`
      throw new SediError('conflict', message, { details: { charged: 'none' } })
    }
    save(jobName, { outcome: undefined, mayWork: undefined, createdAt: clock() })
    return true
  }

  async function submitOnce(spec: TrainingSpec, call: CallOptions): Promise<void> {
    const record = store.claim(spec, specHash(spec, { options: { baseModel, learningRateMultiplier: settings.learningRateMultiplier } }))
    const last = record.attempts.at(-1)
    if (last?.outcome?.state === 'succeeded' || (last?.jobId !== undefined && last.outcome === undefined)) return
    if (last?.outcome !== undefined && (await isTakenBack(spec.jobName, last, call))) return
    const attempt = last === undefined || last.outcome !== undefined ? newAttempt(spec, record) : last
    await createOnce(spec, attempt, createOptions(spec), call)
    looks.delete(spec.jobName)
  }

  return {
    specVersion: 1,
    id: 'openai',
    capabilities,
    validate: (spec) => findSpecIssues(spec, limits),

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findSpecIssues(spec, limits).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      // One after the other: two of the same name must not both find that there is no job yet.
      const before = submitting.get(spec.jobName) ?? Promise.resolve()
      const mine = before.catch(() => {}).then(() => submitOnce(spec, until(call)))
      submitting.set(spec.jobName, mine)
      try {
        await mine
      } finally {
        if (submitting.get(spec.jobName) === mine) submitting.delete(spec.jobName)
      }
      return { trainer: 'openai', id: spec.jobName }
    },

    get: async (job, call = {}): Promise<JobSnapshot> => (await look(job, call)).snapshot,

    async cancel(job, call = {}) {
      throwIfAborted(call)
      const attempt = recordOf(job)?.attempts.at(-1)
      if (attempt === undefined || attempt.outcome !== undefined) return
      const known = attempt.jobId === undefined ? await refind(job.id, attempt, call) : attempt
      if (known === undefined) return
      looks.delete(job.id)
      const id = known.jobId!
      // Refused because it has just ended: its state says so, and counts.
      const cancelOnce = async (): Promise<void> => {
        await api.cancel(id, until(call)).catch(async (error: unknown) => {
          if (SediError.is(error) && error.retryable) throw error
          const left = await api.job(id, until(call))
          if (left !== undefined && !isOver(left)) throw error
        })
      }
      await withRetries(cancelOnce, { pausesMs: patience.pausesMs, signal: until(call).signal })
    },

    metrics: (job, { afterStep, signal } = {}) =>
      followSteps({ afterStep, signal, look: () => look(job, { signal }), pause: () => pause(patience.pollMs, until({ signal })) }),

    ...(capabilities.serves
      ? {
          async open(model: { readonly trainer: string; readonly uri: string } | undefined, { signal }: CallOptions = {}) {
            throwIfAborted({ signal })
            if (model !== undefined && model.trainer !== 'openai')
              throw new SediError('invalid-input', `This is a model of trainer “${model.trainer}”, not of “openai”.`)
            const { maxTokensField, concurrency } = settings
            const options = { api, maxTokensField, concurrency, pausesMs: patience.pausesMs, mayBeNew: model !== undefined }
            return { generator: askModel(model?.uri ?? baseModel, options), close: async () => {} }
          },
        }
      : {}),

    /** Jobs go on at the service; the next trainer over this folder finds them. */
    async close() {
      closing.abort()
    },
  }
}

const nothing: Look = { snapshot: { state: 'lost', stepsDone: 0 }, metrics: [] }
const interrupted: Look = {
  snapshot: { state: 'lost', stepsDone: 0, error: 'it was not handed in: its submission was interrupted or refused' },
  metrics: [],
}
