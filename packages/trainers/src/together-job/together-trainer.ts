import { resolve } from 'node:path'
import { type CallOptions, issuesError, type JobRef, SediError, type Trainer, type TrainerCapabilities } from '@sedi/spec'
import { abortedError, throwIfAborted } from '../aborted.ts'
import { followSteps } from '../follow-steps.ts'
import { createJobStore, type WriteFile } from '../remote/job-store.ts'
import { pause, usualPausesMs } from '../remote/with-retries.ts'
import { specHash } from '../spec-hash.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { writeFileAtomically } from '../storage.ts'
import type { TogetherModel } from './compose-request.ts'
import { type Attempt, markTold } from './job-attempt.ts'
import { cancelRemote, isUnended, type Look, lookAtJob } from './look-at-job.ts'
import type { TogetherService } from './service.ts'
import { beginAttempt, submitAttempt } from './submit-job.ts'

export type TogetherTrainerSettings = {
  /** Where what is known of the jobs is kept. */
  readonly folder: string
  readonly service: TogetherService
  readonly model: TogetherModel
  /** Whether Together answers as a finished model under its name, without being deployed. */
  readonly serves: boolean
  /** Of all jobs of this folder together. */
  readonly maxCostUsd?: number | undefined
  readonly startMs?: number | undefined
  /** Told what a person should know while a job goes on; each message once. */
  readonly onNotice?: ((message: string) => void) | undefined
  /** Between two looks at a job. */
  readonly pollMs: number
  /** For figures to arrive after a job has ended, and for a new job to show in the service's list. @default 30_000 */
  readonly settleMs?: number | undefined
  /** Between attempts at a request that failed. */
  readonly pausesMs?: readonly number[] | undefined
  /** @default Date.now */
  readonly clock?: (() => number) | undefined
  /** @default writeFileAtomically */
  readonly writeFile?: WriteFile | undefined
}

export function togetherCapabilities(serves: boolean): TrainerCapabilities {
  return {
    fixedBatches: false,
    perStepLoss: true,
    perStepGradNorm: true,
    perExampleLoss: false,
    perExampleGap: false,
    perExampleError: false,
    masks: false,
    resume: false,
    cancel: true,
    serves,
  }
}

/** What a model takes is asked before a job is submitted. */
const contextTokens = 1_048_576

/** Jobs at Together. What is known of them is on disk before anything is done because of it, so another process finds and follows them. */
export function createTogetherTrainer(settings: TogetherTrainerSettings): Trainer {
  const { service, model, serves, maxCostUsd, startMs, pollMs, settleMs = 30_000 } = settings
  const { pausesMs = usualPausesMs, clock = Date.now, writeFile = writeFileAtomically } = settings
  const limits = { trainer: 'together', contextTokens, masks: false, errors: false }
  const jobs = createJobStore<Attempt>(resolve(settings.folder), writeFile)
  const lookOptions = { jobs, service, writeFile, pausesMs, startMs, settleMs, clock, endedAt: new Map<string, number>() }
  const submitOptions = { jobs, service, model, maxCostUsd, pausesMs, settleMs, clock }
  const looks = new Map<string, { readonly at: number; readonly look: Look }>()
  const busy = new Map<string, Promise<unknown>>()
  const noticed = new Set<string>()
  const closing = new AbortController()

  /** One at a time for a job: whoever looks must not see a submission half done. */
  async function alone<Result>(jobName: string, operate: () => Promise<Result>): Promise<Result> {
    const before = busy.get(jobName) ?? Promise.resolve()
    const after = before.catch(() => {}).then(operate)
    busy.set(jobName, after)
    return after
  }

  function notice(messages: readonly string[]): void {
    for (const message of messages) if (!noticed.has(message)) settings.onNotice?.(message)
    for (const message of messages) noticed.add(message)
  }

  /** At most once in `pollMs`. Goes on for others when one caller leaves. */
  async function look(jobName: string, call: CallOptions): Promise<Look> {
    const shared = alone(jobName, async () => {
      const last = looks.get(jobName)
      if (last !== undefined && (clock() - last.at < pollMs || !isUnended(last.look.snapshot.state))) return last.look
      const fresh = await lookAtJob(jobName, lookOptions, { signal: closing.signal })
      looks.set(jobName, { at: clock(), look: fresh })
      if (isUnended(fresh.snapshot.state)) notice(fresh.snapshot.warnings ?? [])
      return fresh
    })
    return await leaveWhenAborted(shared, call)
  }

  function nameOf(job: JobRef): string {
    if (job.trainer !== 'together') throw new SediError('invalid-input', `This is a job of trainer “${job.trainer}”, not of “together”.`)
    return job.id
  }

  return {
    specVersion: 1,
    id: 'together',
    capabilities: togetherCapabilities(serves),
    validate: (spec) => findSpecIssues(spec, limits),

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findSpecIssues(spec, limits).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      const { jobName } = spec
      await alone(jobName, async () => {
        const { attempts } = jobs.claim(spec, specHash(spec, { options: model }))
        const last = attempts.at(-1)
        if (last?.remoteId !== undefined) {
          const { state } = (await lookAtJob(jobName, lookOptions, call)).snapshot
          // Another job costs again: only for somebody who knows what became of this one.
          if (isUnended(state) || state === 'succeeded' || last.told !== true) return
          // It may be given up and yet at work: two would be billed.
          if (last.outcome === undefined && state !== 'lost') await cancelRemote(last.remoteId, lookOptions, call)
        }
        if (last === undefined || last.remoteId !== undefined) beginAttempt(jobs, jobName)
        looks.delete(jobName)
        await submitAttempt(spec, submitOptions, call)
        const { suffix, remoteId, notes = [], estimateUsd } = jobs.read(jobName)!.attempts.at(-1)!
        const price = estimateUsd === undefined ? '' : `, for an estimated $${estimateUsd.toFixed(4)}`
        notice([`Training job ${remoteId} was begun at Together (${suffix})${price}`, ...notes.map((note) => `Training job ${remoteId}: ${note}`)])
      })
      return { trainer: 'together', id: jobName }
    },

    async get(job, call = {}) {
      throwIfAborted(call)
      const { snapshot } = await look(nameOf(job), call)
      if (snapshot.state !== 'succeeded' && !isUnended(snapshot.state)) await alone(job.id, async () => markTold(jobs, job.id))
      return snapshot
    },

    async cancel(job, call = {}) {
      throwIfAborted(call)
      const jobName = nameOf(job)
      await alone(jobName, async () => {
        const attempt = jobs.read(jobName)?.attempts.at(-1)
        looks.delete(jobName)
        if (attempt?.remoteId === undefined || attempt.outcome !== undefined) return
        await cancelRemote(attempt.remoteId, lookOptions, call)
      })
    },

    metrics(job, { afterStep, signal } = {}) {
      const jobName = nameOf(job)
      return followSteps({
        afterStep,
        signal,
        look: () => look(jobName, { signal }),
        // Closing ends the wait too: nobody will ask again.
        pause: () => pause(pollMs, { signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]) }),
      })
    },

    ...(serves
      ? {
          async open(trained, call = {}) {
            throwIfAborted(call)
            if (trained !== undefined && trained.trainer !== 'together') {
              throw new SediError('invalid-input', `This is a model of trainer “${trained.trainer}”, not of “together”.`)
            }
            const modelId = trained?.uri ?? model.baseModel
            return {
              generator: {
                specVersion: 1 as const,
                provider: 'together',
                modelId,
                generate: async (request, options = {}) => {
                  throwIfAborted(options)
                  return service.chat(modelId, request, options)
                },
              },
              async close() {},
            }
          },
        }
      : {}),

    /** Jobs go on without us; the next trainer over this folder finds them. */
    async close() {
      closing.abort()
      await Promise.allSettled(busy.values())
    },
  } satisfies Trainer
}

function leaveWhenAborted<Result>(work: Promise<Result>, { signal }: CallOptions): Promise<Result> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(abortedError(signal.reason))
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
