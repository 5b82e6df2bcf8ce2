import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type JobSnapshot, type JobState, type ModelRef, SediError, type TrainingMetric } from '@sedi/spec'
import * as z from 'zod'
import { makeFolder, readIfPresent, writeFileAtomically } from '../storage.ts'

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
  state: z.string(),
  /** Of the Python process; absent where it is we who say what became of the job. */
  pid: z.int().optional(),
  warnings: z.array(z.string()).default([]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  model: z.looseObject({ digest: z.string() }).optional(),
})

export type JobStatus = z.output<typeof statusSchema>

/** What the process said last; undefined before it said anything. */
export function readStatus(files: JobFiles): JobStatus | undefined {
  const bytes = readIfPresent(files.status)
  return bytes === undefined ? undefined : statusSchema.parse(JSON.parse(bytes.toString('utf8')))
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
})

/** Steps after `afterStep` in a log that may be written to at this moment: whole lines only. */
export function readSteps(files: JobFiles, afterStep: number): TrainingMetric[] {
  const lines = (readIfPresent(files.steps)?.toString('utf8') ?? '').split('\n').slice(0, -1)
  return lines.map((line) => stepSchema.parse(JSON.parse(line))).filter(({ step }) => step > afterStep)
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
  if (status === undefined) return { state: working ? 'queued' : 'lost', stepsDone }
  const said = states.get(status.state) ?? 'lost'
  const state = !working && (said === 'running' || said === 'queued') ? 'lost' : said
  const model: ModelRef | undefined =
    state === 'succeeded' && status.model !== undefined ? { trainer: 'python', uri: files.modelUri, digest: status.model.digest } : undefined
  return {
    state,
    stepsDone,
    ...(model === undefined ? {} : { model }),
    ...(state === 'failed' && status.error !== undefined ? { error: `${status.error.message} (${status.error.code})` } : {}),
    ...(state === 'lost' ? { error: 'its process ended without a word; it goes on from its last checkpoint' } : {}),
    warnings: status.warnings,
  }
}
