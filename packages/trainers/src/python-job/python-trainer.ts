import type { ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { issuesError, type JobRef, type JobSnapshot, SediError, type Trainer, type TrainerCapabilities, type TrainingMetric } from '@sedi/spec'
import { throwIfAborted } from '../aborted.ts'
import { readPlanned } from '../command-job/look-at-job.ts'
import type { Planned } from '../command-job/step-log.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { readIfPresent, writeFileAtomically } from '../storage.ts'
import { findPython } from './environment.ts'
import { jobDocument, type PythonOptions, specHashOf } from './job-document.ts'
import { claimName, isAlive, type JobFiles, jobFiles, readSteps, snapshotOf } from './job-files.ts'
import { openPythonModel } from './open-model.ts'
import { openWithVllm } from './open-with-vllm.ts'
import { endProcess, startTraining } from './processes.ts'

export type PythonTrainerSettings = {
  /** Where the jobs' folders are. */
  readonly folder: string
  readonly options: PythonOptions
  /** The interpreter; default: that of the environment which set-up made. */
  readonly python?: string | undefined
  readonly processes: number
  /** Where trained adapters are asked; default: a server of our own. */
  readonly vllm?: { readonly url: string; readonly apiKey?: string | undefined } | undefined
}

export const pythonCapabilities: TrainerCapabilities = {
  fixedBatches: true,
  perStepLoss: true,
  perStepGradNorm: true,
  perExampleLoss: true,
  perExampleGap: true,
  perExampleError: true,
  masks: true,
  resume: true,
  cancel: true,
  serves: true,
}

/** Longest context of the models this trains; the model's own is checked by Python. */
const limits = { trainer: 'python', contextTokens: 131_072, masks: true, errors: true } as const
const pollMs = 200

/**
 * Jobs are folders and processes: what a process leaves in its job's folder is all there is, so a job is found again after a restart, and
 * one whose process is still at work is followed instead of started twice.
 */
export function createPythonTrainer({ folder, options, python, processes, vllm }: PythonTrainerSettings): Trainer {
  const children = new Map<string, ChildProcess>()
  const planned = new Map<string, Planned>()

  function isWorking(jobName: string, files: JobFiles): boolean {
    const child = children.get(jobName)
    return (child !== undefined && child.exitCode === null && child.signalCode === null) || isAlive(files)
  }

  function filesOf(job: JobRef): JobFiles {
    if (job.trainer !== 'python') throw new SediError('invalid-input', `This is a job of trainer “${job.trainer}”, not of “python”.`)
    return jobFiles(folder, job.id)
  }

  const look = (job: JobRef) => {
    const files = filesOf(job)
    // Whether somebody is at work first: a process that ends in between has said what became of it.
    const working = isWorking(job.id, files)
    const snapshot = snapshotOf(files, working)
    return snapshot.state === 'succeeded' ? { ...snapshot, ...incomplete(job.id, files) } : snapshot
  }

  /** A model whose steps are not all told cannot be used for feedback; started again, the job tells the rest. */
  function incomplete(jobName: string, files: JobFiles): Partial<JobSnapshot> {
    const { firstStep, steps } = plannedOf(jobName, files)
    const told = new Set(readSteps(files, firstStep - 1).map(({ step }) => step))
    const missing = Array.from({ length: steps }, (_, i) => firstStep + i).filter((step) => !told.has(step))
    if (missing.length === 0) return {}
    const names = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`
    return { state: 'failed', model: undefined, error: `it says that it has succeeded, but ${files.steps} lacks steps ${names}`, errorCode: 'metrics' }
  }

  function plannedOf(jobName: string, files: JobFiles): Planned {
    const known = planned.get(jobName) ?? readPlanned(files)
    planned.set(jobName, known)
    return known
  }

  return {
    specVersion: 1,
    id: 'python',
    capabilities: pythonCapabilities,
    validate: (spec) => findSpecIssues(spec, limits),

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findSpecIssues(spec, limits).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      const interpreter = findPython(python)
      const files = jobFiles(folder, spec.jobName)
      claimName(files, specHashOf(spec, options), spec.jobName)
      const ref = { trainer: 'python', id: spec.jobName }
      planned.delete(spec.jobName)
      if (isWorking(spec.jobName, files) || look(ref).state === 'succeeded') return ref
      writeFileAtomically(files.document, JSON.stringify(jobDocument(spec, options, folder)))
      writeFileAtomically(files.status, JSON.stringify({ state: 'queued', warnings: [] }))
      const child = startTraining({ python: interpreter, processes }, files)
      child.once('error', (error) =>
        writeFileAtomically(
          files.status,
          JSON.stringify({
            state: 'failed',
            warnings: [],
            error: { code: 'missing-dependency', message: `${interpreter} cannot be started: ${error.message}` },
          }),
        ),
      )
      children.set(spec.jobName, child)
      return ref
    },

    async get(job, call = {}) {
      throwIfAborted(call)
      return withOutput(look(job), filesOf(job))
    },

    async cancel(job, call = {}) {
      throwIfAborted(call)
      const files = filesOf(job)
      if (!isWorking(job.id, files)) return
      const child = children.get(job.id)
      if (child !== undefined) await endProcess(child)
      else endStranger(files)
      const { warnings = [] } = snapshotOf(files, true)
      writeFileAtomically(files.status, JSON.stringify({ state: 'cancelled', warnings }))
    },

    async *metrics(job, { afterStep = 0, signal } = {}) {
      const files = filesOf(job)
      for (let last = afterStep; ; ) {
        throwIfAborted({ signal })
        const { state } = look(job)
        // What is there after the job has ended is all there will be.
        for (const metric of untilGap(readSteps(files, last), Math.max(last + 1, plannedOf(job.id, files).firstStep))) {
          yield metric
          throwIfAborted({ signal })
          last = metric.step
        }
        if (state !== 'queued' && state !== 'running') return
        await wait(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {})
      }
    },

    async open(model, call = {}) {
      throwIfAborted(call)
      if (model !== undefined && model.trainer !== 'python') throw new SediError('invalid-input', `This is a model of trainer “${model.trainer}”.`)
      const { baseModel, chatTemplate, mayDownload } = options
      const path = model && resolve(folder, model.uri)
      const modelId = model?.uri ?? baseModel
      if (vllm !== undefined) return openWithVllm({ ...vllm, adapter: path, digest: model?.digest, modelId }, call)
      return openPythonModel({ python: findPython(python), baseModel, model: path, modelId, chatTemplate, mayDownload }, call)
    },

    /** Ends what this process started: a job goes on from its checkpoint when it is submitted again. */
    async close() {
      await Promise.all([...children.values()].map((child) => endProcess(child)))
    },
  }
}

/** Steps from `next` on without a gap: what was lost comes again before what follows it. */
function untilGap(steps: readonly TrainingMetric[], next: number): readonly TrainingMetric[] {
  const gap = steps.findIndex(({ step }, i) => step !== next + i)
  return gap < 0 ? steps : steps.slice(0, gap)
}

/** A process that another one of ours started and left. */
function endStranger(files: JobFiles): void {
  const pid = Number(readIfPresent(files.alive)?.toString().split(' ')[0])
  if (Number.isInteger(pid) && pid > 0) process.kill(pid, 'SIGTERM')
}

const lastOutput = 2000

/** Where Python died without a word of its own, the end of what it printed says why. */
function withOutput<S extends { readonly state: string; readonly error?: string | undefined }>(snapshot: S, files: JobFiles): S {
  if (snapshot.state !== 'lost') return snapshot
  const printed = readIfPresent(files.output)?.toString('utf8').trim().slice(-lastOutput) ?? ''
  return printed === '' ? snapshot : { ...snapshot, error: `${snapshot.error}. Its last words:\n${printed}` }
}
