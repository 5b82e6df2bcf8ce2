import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type JobSnapshot, type JobState, type ModelRef, SediError, type TrainingMetric } from '@sedi/spec'
import * as z from 'zod'
import { makeFolder, readIfPresent, writeFileAtomically } from '../storage.ts'
import { protocol } from './job-document.ts'

/** The folder of a job: what goes in, and what the Python process leaves there. */
export type JobFiles = {
  readonly folder: string
  readonly document: string
  /** `{ specHash }`: what the job's name stands for. */
  readonly record: string
  readonly status: string
  readonly steps: string
  /** Renewed every second by a living process. */
  readonly alive: string
  /** What Python printed. */
  readonly output: string
  /** The model's name relative to the trainer's folder. */
  readonly modelUri: string
}

export function jobFiles(trainerFolder: string, jobName: string): JobFiles {
  const folder = join(trainerFolder, jobName)
  const file = (name: string): string => join(folder, name)
  return {
    folder,
    document: file('job.json'),
    record: file('record.json'),
    status: file('status.json'),
    steps: file('steps.jsonl'),
    alive: file('alive'),
    output: file('output.log'),
    modelUri: `${jobName}/model`,
  }
}

/** Remembers what the name stands for; a name that already stands for something else is a conflict. */
export function claimName(files: JobFiles, specHash: string, jobName: string): void {
  makeFolder(files.folder)
  const known = readIfPresent(files.record)
  if (known === undefined) {
    writeFileAtomically(files.record, `${JSON.stringify({ specHash })}\n`)
    return
  }
  if ((JSON.parse(known.toString()) as { specHash?: string }).specHash === specHash) return
  throw new SediError('conflict', `Job “${jobName}” was submitted before with another spec. Use another jobName, or remove ${files.folder}.`)
}

const statusSchema = z.looseObject({
  /** Absent where it is we who say what became of the job. */
  protocol: z.unknown().optional(),
  state: z.string(),
  /** Of the Python process; absent where it is we who say what became of the job. */
  pid: z.int().optional(),
  warnings: z.array(z.string()).default([]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  model: z.looseObject({ digest: z.string() }).optional(),
})

export type JobStatus = z.output<typeof statusSchema>

/** What the process said last; undefined before it said anything, or where that cannot be read: the job is then started again. */
export function readStatus(files: JobFiles): JobStatus | undefined {
  return statusSchema.safeParse(parsed(readIfPresent(files.status)?.toString('utf8') ?? '')).data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Longer without a sign of life, and the process is gone or hangs. Renewed every second, but a machine may be busy. */
const silenceMs = 30_000

/** Whether a process is at work on the job: on this machine, by its number and its sign of life. */
export function isAlive(files: JobFiles, now = Date.now()): boolean {
  const status = readStatus(files)
  const renewed = statSync(files.alive, { throwIfNoEntry: false })?.mtimeMs
  if (status?.pid === undefined || renewed === undefined || now - renewed > silenceMs) return false
  try {
    process.kill(status.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const stepSchema = z.object({
  step: z.int(),
  exampleIds: z.array(z.string()),
  loss: z.number(),
  gradNorm: z.number(),
  learningRate: z.number(),
  targetTokens: z.int(),
  exampleLosses: z.array(z.number()),
  exampleGaps: z.array(z.number()),
  exampleErrors: z.array(z.number()).optional(),
  masked: z.array(z.boolean()).optional(),
})

/** Steps after `afterStep` in a log that may be written to at this moment: in step order, each once by its first line; whole lines that can be read only. */
export function readSteps(files: JobFiles, afterStep: number): TrainingMetric[] {
  const lines = (readIfPresent(files.steps)?.toString('utf8') ?? '').split('\n').slice(0, -1)
  const byStep = new Map<number, TrainingMetric>()
  for (const line of lines) {
    const { data } = stepSchema.safeParse(parsed(line))
    if (data !== undefined && data.step > afterStep && !byStep.has(data.step)) byStep.set(data.step, data)
  }
  return [...byStep.values()].sort((a, b) => a.step - b.step)
}

const states: ReadonlyMap<string, JobState> = new Map([
  ['queued', 'queued'],
  ['running', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
])

/** @param working whether a process of ours, or one we found alive, is at work on it */
export function snapshotOf(files: JobFiles, working: boolean): JobSnapshot {
  const status = readStatus(files)
  const stepsDone = readSteps(files, 0).length
  if (status === undefined) return working ? { state: 'queued', stepsDone } : { state: 'lost', stepsDone, ...silent }
  if (status.protocol !== undefined && status.protocol !== protocol) {
    const error = `the Python package speaks protocol ${String(status.protocol)}, expected ${protocol}. Run: sedi trainer setup python`
    return { state: 'failed', stepsDone, error, errorCode: 'unsupported' }
  }
  const said = states.get(status.state) ?? 'lost'
  const state = !working && (said === 'running' || said === 'queued') ? 'lost' : said
  const model: ModelRef | undefined =
    state === 'succeeded' && status.model !== undefined ? { trainer: 'python', uri: files.modelUri, digest: status.model.digest } : undefined
  return {
    state,
    stepsDone,
    ...(model === undefined ? {} : { model }),
    ...(state === 'failed' && status.error !== undefined ? { error: `${status.error.message} (${status.error.code})`, errorCode: status.error.code } : {}),
    ...(state === 'lost' ? silent : {}),
    warnings: status.warnings,
  }
}

const silent = { error: 'its process ended without a word; started again, it goes on from its last checkpoint', errorCode: 'worker-lost' } as const
