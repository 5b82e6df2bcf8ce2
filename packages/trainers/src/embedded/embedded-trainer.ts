import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { issuesError, type JobRef, type ModelRef, SediError, type SpecIssue, type Trainer, type TrainingSpec } from '@sedi/spec'
import { throwIfAborted } from '../aborted.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { makeFolder, readIfPresent, writeFileAtomically } from '../storage.ts'
import type { Failure } from './failure.ts'
import { jaxPackage, missingJax } from './jax.ts'
import { hashSpec, type JobFiles, jobFiles } from './job-files.ts'
import { createJobRecord, type JobRecord, readJobRecord } from './job-record.ts'
import { embeddedLimits, findSizeIssues } from './limits.ts'
import { findBaseModelIssues } from './model.ts'
import { createOpenModel } from './open-model.ts'
import type { ModelOptions, Opened } from './protocol.ts'
import { abortedError, createWorkerClient } from './worker-client.ts'

export type EmbeddedTrainerSettings = {
  /** Where the jobs' folders are. One trainer at a time. */
  readonly folder: string
  readonly options: ModelOptions
  readonly checkpointEverySteps: number
  /** The worker's program, for tests of its failures. */
  readonly workerUrl?: URL | undefined
  /** A worker that has compiled more graphs than this is replaced when it has nothing to do. @default 32 */
  readonly mostGraphs?: number | undefined
  /** Throws where a package is not installed, for tests of that. */
  readonly resolvePackage?: ((name: string) => unknown) | undefined
}

export const embeddedCapabilities = {
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
} as const

const limits = {
  trainer: 'embedded',
  contextTokens: embeddedLimits.contextTokens,
  masks: embeddedCapabilities.masks,
  errors: embeddedCapabilities.perExampleError,
} as const

/** See `backends/embedded.ts`. The worker thread starts with the first job or open model and stops with `close`. */
export function createEmbeddedTrainer(settings: EmbeddedTrainerSettings): Trainer {
  const { folder, options, checkpointEverySteps, mostGraphs = 32, resolvePackage = createRequire(import.meta.url).resolve } = settings
  const records = new Map<string, JobRecord>()
  let openModels = 0
  const client = createWorkerClient(
    {
      onMessage(message) {
        records.get(message.jobName)?.receive(message)
        if (message.type !== 'job-ended') return
        client.release()
        forgetFinished(message.jobName)
        if (message.compiledGraphs > mostGraphs && openModels === 0) client.retire()
      },
      onCrash(failure) {
        endAll({ state: 'failed', ...failure })
      },
    },
    settings.workerUrl,
  )

  function endAll(end: ({ readonly state: 'failed' } & Failure) | { readonly state: 'lost' }): void {
    for (const [jobName, record] of records) {
      if (record.ended) continue
      record.end(end)
      client.release()
      if (end.state === 'lost') records.delete(jobName) // from here on its files say what became of it
    }
  }

  /** Files say all there is to know of a job that has succeeded; the last one's record stays, because it is being read. */
  function forgetFinished(last: string): void {
    for (const [jobName, record] of records) if (jobName !== last && record.snapshot.state === 'succeeded') records.delete(jobName)
  }

  function findIssues(spec: TrainingSpec): readonly SpecIssue[] {
    const { baseModel } = options
    const issues = findSpecIssues(spec, limits)
    if (spec.continueFrom !== undefined) return issues
    return [...issues, ...(baseModel === undefined ? findSizeIssues(options, spec) : findBaseModelIssues(baseModel, spec))]
  }

  /** Our own models are named relative to our folder. */
  const locate = (model: ModelRef): ModelRef => ({ ...model, uri: resolve(folder, model.uri) })

  function recordOf(job: JobRef): JobRecord {
    if (job.trainer !== 'embedded') throw new SediError('invalid-input', `This is a job of trainer "${job.trainer}", not of "embedded".`)
    return records.get(job.id) ?? readJobRecord(jobFiles(folder, job.id))
  }

  /** Remembers what the name stands for; a name that already stands for something else is a conflict. */
  function claimName(spec: TrainingSpec, files: JobFiles): string {
    const specHash = hashSpec(spec, options)
    const known = readIfPresent(files.record)
    if (known === undefined) {
      makeFolder(files.folder)
      writeFileAtomically(files.record, `${JSON.stringify({ specHash })}\n`)
    } else if ((JSON.parse(known.toString()) as { specHash?: string }).specHash !== specHash) {
      throw new SediError(
        'conflict',
        `Job "${spec.jobName}" in ${folder} was submitted before with another spec. Use another jobName, or remove ${files.folder}.`,
      )
    }
    return specHash
  }

  return {
    specVersion: 1,
    id: 'embedded',
    capabilities: embeddedCapabilities,
    validate: findIssues,

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findIssues(spec).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      assertJaxInstalled(resolvePackage)
      const files = jobFiles(folder, spec.jobName)
      const specHash = claimName(spec, files)
      const ref = { trainer: 'embedded', id: spec.jobName }

      const known = records.get(spec.jobName) ?? readJobRecord(files)
      if (!known.ended || known.snapshot.state === 'succeeded') return ref
      records.set(spec.jobName, createJobRecord())
      client.hold()
      const continueFrom = spec.continueFrom && locate(spec.continueFrom)
      client.post({ type: 'train', spec: { ...spec, continueFrom }, specHash, files, options, checkpointEverySteps })
      return ref
    },

    async get(job, call = {}) {
      throwIfAborted(call)
      return recordOf(job).snapshot
    },

    async cancel(job, call = {}) {
      throwIfAborted(call)
      if (!recordOf(job).ended) client.post({ type: 'cancel', jobName: job.id })
    },

    async *metrics(job, { afterStep = 0, signal } = {}) {
      if (signal?.aborted) throw abortedError(signal)
      try {
        yield* recordOf(job).follow(afterStep, signal)
      } catch (error) {
        throw signal?.aborted ? abortedError(signal) : error
      }
    },

    async open(model, call = {}) {
      if (model !== undefined && model.trainer !== 'embedded') throw new SediError('invalid-input', `This is a model of trainer "${model.trainer}".`)
      assertJaxInstalled(resolvePackage)
      const opened = await client.ask<Opened>({ type: 'open', model: model && locate(model), options }, call.signal)
      openModels++
      return createOpenModel(client, opened, model?.uri ?? options.baseModel ?? 'untrained', () => openModels--)
    },

    async close() {
      endAll({ state: 'lost' })
      await client.close()
    },
  }
}

function assertJaxInstalled(resolvePackage: (name: string) => unknown): void {
  try {
    resolvePackage(jaxPackage)
  } catch (error) {
    missingJax(error)
  }
}
