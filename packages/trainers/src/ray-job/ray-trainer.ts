import { rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallOptions, issuesError, type JobRef, type JobSnapshot, SediError, type Trainer, type TrainerCapabilities } from '@sedi/spec'
import { throwIfAborted } from '../aborted.ts'
import { findPython } from '../python-job/environment.ts'
import { jobDocument, type PythonOptions, specHashOf } from '../python-job/job-document.ts'
import { type JobFiles, jobFiles, readStatus, readSteps } from '../python-job/job-files.ts'
import { openPythonModel } from '../python-job/open-model.ts'
import { pythonCapabilities } from '../python-job/python-trainer.ts'
import { createJobStore, type JobRecord, remoteName } from '../remote/job-store.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { makeFolder, withStorage, writeFileAtomically } from '../storage.ts'
import { type RayEnvironment, type RayResources, requestFor, shareTrainer } from './entrypoint.ts'
import { hasSaidItsEnd, judge, type RayAttempt, type RayPatience } from './look-at-job.ts'
import type { RayApi, RayJob } from './ray-api.ts'

export type RayTrainerSettings = {
  /** Where what we know of jobs is kept, and, without `sharedFolder`, the jobs themselves. */
  readonly folder: string
  /** A folder that the nodes see at the same path; jobs lie in it by names of their own. */
  readonly sharedFolder: string | undefined
  readonly api: RayApi
  readonly options: PythonOptions
  readonly resources: RayResources
  readonly environment: RayEnvironment
  /** Whether this machine opens models, and with which interpreter; undefined: that of `sedi trainer setup python`. */
  readonly opens: boolean
  readonly localPython: string | undefined
  readonly patience: RayPatience
  /** Milliseconds since 1970. */
  readonly clock?: (() => number) | undefined
  readonly pollMs?: number | undefined
}

export const rayCapabilities = (opens: boolean): TrainerCapabilities => ({ ...pythonCapabilities, serves: opens })

/** Longest context of the models this trains; the model's own is checked by Python. */
const limits = { trainer: 'ray', contextTokens: 131_072, masks: true, errors: true } as const

/** Renewed every second while the job's process lives; a network file system may show it late. */
const silenceMs = 60_000
/** A running job ends within Ray's own three seconds, or is killed. */
const stopMs = 20_000

type Record = JobRecord<RayAttempt>

/**
 * Our Python trainer as jobs of a Ray cluster, on a folder that both see. What a job is named at the cluster is on disk before it is asked
 * for, so a new process finds the job instead of starting a second one; jobs go on when this process ends.
 */
export function createRayTrainer(settings: RayTrainerSettings): Trainer {
  const { folder, sharedFolder, api, options, resources, environment, opens, localPython, patience, clock = Date.now, pollMs = 500 } = settings
  const store = createJobStore<RayAttempt>(folder)
  const capabilities = rayCapabilities(opens)
  const turns = new Map<string, Promise<unknown>>()

  /** Whoever looks at a job, begins or ends it waits for the one before. */
  function inTurn<Result>(jobName: string, act: () => Promise<Result>): Promise<Result> {
    const result = (turns.get(jobName) ?? Promise.resolve()).then(act, act)
    turns.set(
      jobName,
      result.catch(() => {}),
    )
    return result
  }

  function filesOf(jobName: string, record: Record): JobFiles {
    const name = sharedFolder === undefined ? jobName : remoteName(jobName, record, 0).replace(/-0$/, '')
    // A model's name says nothing of where the jobs lie.
    return { ...jobFiles(sharedFolder ?? folder, name), modelUri: `${jobName}/model` }
  }

  function modelFolder(uri: string): string {
    const jobName = /^(.+)\/model$/.exec(uri)?.[1]
    const record = jobName === undefined ? undefined : store.read(jobName)
    return jobName === undefined || record === undefined ? resolve(folder, uri) : join(filesOf(jobName, record).folder, 'model')
  }

  function jobNameOf(job: JobRef): string {
    if (job.trainer !== 'ray') throw new SediError('invalid-input', `This is a job of trainer “${job.trainer}”, not of “ray”.`)
    return job.id
  }

  /** The cluster's word; while its head cannot be reached, the job's own sign of life will do. */
  async function ask({ id }: RayAttempt, files: JobFiles, call: CallOptions): Promise<{ readonly job: RayJob | undefined; readonly warning?: string }> {
    try {
      return { job: await api.find(id, call) }
    } catch (error) {
      const renewed = statSync(files.alive, { throwIfNoEntry: false })?.mtimeMs
      if (!SediError.is(error, 'provider-response') || renewed === undefined || clock() - renewed > silenceMs) throw error
      const job: RayJob = { status: 'RUNNING', message: '', errorType: undefined, exitCode: undefined, endedAt: undefined }
      return { job, warning: `${error.message} The job shows signs of life.` }
    }
  }

  async function look(jobName: string, call: CallOptions): Promise<JobSnapshot> {
    const record = store.read(jobName)
    const attempt = record?.attempts.at(-1)
    if (record === undefined || attempt === undefined) return { state: 'lost', stepsDone: 0, error: 'no job of this name was submitted' }
    const files = filesOf(jobName, record)
    const before = readStatus(files)
    const needless = hasSaidItsEnd(before) || attempt.cancelled || attempt.givenUp
    const { job, warning } = needless ? { job: undefined } : await ask(attempt, files, call)
    // Read again: what it said before it ended is there by now.
    const status = readStatus(files)
    const view = { attempt, status, job, python: environment.python, folder: files.folder, patience, now: clock() }
    const { warnings = [], ...verdict } = judge(view)
    if (verdict.errorCode === 'never-started' && job?.status === 'PENDING') {
      // It must not begin when nobody waits for it any more.
      await api.stop(attempt.id, call)
      store.amend(jobName, { givenUp: true })
    }
    const stepsDone = readSteps(files, 0).length
    const said = [...(status?.warnings ?? []), ...warnings, ...(warning === undefined ? [] : [warning])]
    if (verdict.state !== 'succeeded') return { ...verdict, stepsDone, warnings: said }
    if (status?.model === undefined || stepsDone < record.steps) {
      const lacking = status?.model === undefined ? 'its model' : `${record.steps - stepsDone} of its ${record.steps} steps`
      return { state: 'lost', stepsDone, warnings: said, error: `it says that it has succeeded, but ${files.folder} lacks ${lacking}` }
    }
    return { state: 'succeeded', stepsDone, warnings: said, model: { trainer: 'ray', uri: files.modelUri, digest: status.model.digest } }
  }

  return {
    specVersion: 1,
    id: 'ray',
    capabilities,
    validate: (spec) => findSpecIssues(spec, limits),

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findSpecIssues(spec, limits).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      const { jobName, continueFrom } = spec
      return inTurn(jobName, async () => {
        const record = store.claim(spec, specHashOf(spec, options))
        const ref = { trainer: 'ray', id: jobName }
        const { state } = await look(jobName, call)
        if (state === 'queued' || state === 'running' || state === 'succeeded') return ref
        const files = filesOf(jobName, record)
        makeFolder(files.folder)
        // What an earlier attempt said of itself must not be taken for this one's; its steps and checkpoints stay.
        withStorage(files.folder, () => {
          for (const path of [files.status, files.alive]) rmSync(path, { force: true })
        })
        const located = continueFrom && { ...continueFrom, uri: modelFolder(continueFrom.uri) }
        writeFileAtomically(files.document, JSON.stringify(jobDocument({ ...spec, continueFrom: located }, options, folder)))
        const last = record.attempts.at(-1)
        const id = last !== undefined && last.accepted !== true ? last.id : remoteName(jobName, record, record.attempts.length + 1)
        const attempt: RayAttempt = { id, submittedAt: clock() }
        const earlier = record.attempts.filter((one) => one.id !== id)
        store.write(jobName, { ...record, attempts: [...earlier, attempt] })
        const trainer = shareTrainer(sharedFolder ?? folder)
        await api.submit(requestFor({ ...resources, ...environment, id, jobName, folder: files.folder, trainer }), call)
        store.amend(jobName, { accepted: true })
        return ref
      })
    },

    async get(job, call = {}) {
      throwIfAborted(call)
      const jobName = jobNameOf(job)
      return inTurn(jobName, () => look(jobName, call))
    },

    async cancel(job, call = {}) {
      throwIfAborted(call)
      const jobName = jobNameOf(job)
      await inTurn(jobName, async () => {
        const { state } = await look(jobName, call)
        const record = store.read(jobName)
        const attempt = record?.attempts.at(-1)
        if ((state !== 'queued' && state !== 'running') || record === undefined || attempt === undefined) return
        await api.stop(attempt.id, call)
        for (const until = clock() + stopMs; clock() < until; await wait(pollMs)) {
          const found = await api.find(attempt.id, call)
          // A pending one is stopped when it would begin.
          if (found === undefined || found.status !== 'RUNNING') break
        }
        store.amend(jobName, { cancelled: true })
      })
    },

    async *metrics(job, { afterStep = 0, signal } = {}) {
      const jobName = jobNameOf(job)
      for (let last = afterStep; ; ) {
        throwIfAborted({ signal })
        const { state } = await inTurn(jobName, () => look(jobName, { signal }))
        const record = store.read(jobName)
        // What is there after the job has ended is all there will be.
        for (const metric of record === undefined ? [] : readSteps(filesOf(jobName, record), last)) {
          yield metric
          throwIfAborted({ signal })
          last = metric.step
        }
        if (state !== 'queued' && state !== 'running') return
        await wait(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
      }
    },

    ...(opens
      ? {
          async open(model, call = {}) {
            throwIfAborted(call)
            if (model !== undefined && model.trainer !== 'ray') throw new SediError('invalid-input', `This is a model of trainer “${model.trainer}”.`)
            const { baseModel, chatTemplate, mayDownload } = options
            const path = model && modelFolder(model.uri)
            const modelId = model?.uri ?? baseModel
            return openPythonModel({ python: findPython(localPython), baseModel, model: path, modelId, chatTemplate, mayDownload }, call)
          },
        }
      : {}),

    /** Jobs go on without us; the next trainer over this folder finds them. */
    async close() {
      turns.clear()
    },
  }
}
