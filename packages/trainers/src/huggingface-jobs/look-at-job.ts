import type { JobSnapshot } from '@sedi/spec'
import * as z from 'zod'
import type { StepLog } from '../command-job/step-log.ts'
import type { HubJob, RemoteFile } from './hub.ts'

/** A machine that was, or may have been, started for a job. */
export type Attempt = {
  /** Also the job's label on the hub, by which it is found when the answer to its start was lost. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** The hub's name for it; absent as long as it is not known that the hub has it. */
  readonly jobId?: string | undefined
  readonly cancelled?: boolean | undefined
  /** Why we gave it up. */
  readonly givenUp?: { readonly code: string; readonly error: string } | undefined
}

const statusSchema = z.looseObject({
  state: z.string(),
  attempt: z.string().optional(),
  machine: z.string().optional(),
  warnings: z.array(z.string()).default([]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  model: z.looseObject({ digest: z.string() }).optional(),
})
export type PushedStatus = z.output<typeof statusSchema>

const manifestSchema = z.looseObject({ files: z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number() })) })

/** What the repository and the hub say of a job. */
export type Seen = {
  readonly attempt: Attempt
  /** Undefined: the hub does not know it. */
  readonly job: HubJob | undefined
  /** What the attempt's machine pushed last. */
  readonly status: PushedStatus | undefined
  readonly log: StepLog
  readonly steps: number
  readonly now: number
  readonly startMs: number | undefined
  readonly timeoutMinutes: number
}

export type Verdict = Pick<JobSnapshot, 'state' | 'error' | 'errorCode' | 'warnings'> & {
  /** It waits to begin although nobody wants it any more. */
  readonly cancelIt?: boolean | undefined
  /** The end of what it printed may say why. */
  readonly unexplained?: boolean | undefined
}

const endedStages = new Set(['COMPLETED', 'CANCELED', 'ERROR', 'DELETED'])

export const hasEnded = (job: HubJob | undefined): boolean => job === undefined || endedStages.has(job.status.stage)

/** What has become of an attempt. The repository is believed before the hub: a machine pushes the end before it goes. */
export function judge(seen: Seen): Verdict {
  const { attempt, job, status, log } = seen
  if (log.problem !== undefined && status?.state !== 'failed') {
    return { state: 'failed', error: log.problem, errorCode: log.problem.includes('nan-loss') ? 'nan-loss' : 'metrics' }
  }
  if (status?.state === 'succeeded') return judgeSuccess(seen, status)
  if (status?.state === 'failed') {
    const { code, message } = status.error ?? { code: 'unknown', message: 'it failed and does not say why' }
    return { state: 'failed', error: `${message} (${code})`, errorCode: code }
  }
  if (attempt.givenUp !== undefined) return { state: 'failed', error: attempt.givenUp.error, errorCode: attempt.givenUp.code }
  if (attempt.cancelled && hasEnded(job)) return { state: 'cancelled' }
  return judgeStage(seen)
}

function judgeSuccess({ log, steps }: Seen, { model }: PushedStatus): Verdict {
  const lacking = log.missing.length > 0 ? `steps ${log.missing.slice(0, 10).join(', ')}` : `${steps - log.metrics.length} of ${steps} steps`
  if (log.metrics.length < steps) return { state: 'failed', error: `it says that it has succeeded, but steps.jsonl lacks ${lacking}`, errorCode: 'metrics' }
  if (model === undefined) return { state: 'failed', error: 'it says that it has succeeded, but names no model', errorCode: 'model' }
  return { state: 'succeeded' }
}

const goesOn = 'Submitted again, it goes on from what was pushed last'

function judgeStage({ attempt, job, now, startMs, timeoutMinutes }: Seen): Verdict {
  if (job === undefined) {
    const why = attempt.jobId === undefined ? 'whether the hub has taken the job is not known' : `the hub does not know job ${attempt.jobId} any more`
    return { state: 'lost', error: `${why}. ${goesOn}.` }
  }
  const { stage, message } = job.status
  const said = message ? ` (“${message}”)` : ''
  switch (stage) {
    case 'SCHEDULING': {
      if (startMs === undefined || now - attempt.at <= startMs) return { state: 'queued' }
      const error = `it has not begun within ${Math.round(startMs / 60_000)} min (trainer.startMinutes); it was cancelled, so that it cannot begin unwatched`
      return { state: 'failed', error, errorCode: 'never-started', cancelIt: true }
    }
    case 'RUNNING':
      return { state: 'running' }
    case 'CANCELED':
      return { state: 'cancelled' }
    case 'ERROR':
      if (/time[d ]*.?out/i.test(message ?? '') || now - attempt.at >= timeoutMinutes * 60_000) {
        const error = `the hub ended it after trainer.timeoutMinutes (${timeoutMinutes})${said}. ${goesOn}; raise the limit if that is not enough`
        return { state: 'failed', error, errorCode: 'timeout' }
      }
      return { state: 'lost', error: `its machine ended without a last push${said}. ${goesOn}.`, unexplained: true }
    case 'COMPLETED':
    case 'DELETED':
      return { state: 'lost', error: `the hub calls it ${stage}${said}, but nothing was pushed that says how it ended. ${goesOn}.`, unexplained: true }
    default:
      return { state: 'running', warnings: [`the hub says “${stage}”${said}, which this version does not know; taken as running`] }
  }
}

/** What was pushed of the status; that of an earlier attempt says nothing about this one. Documents that are none are not believed. */
export function readStatus(bytes: Buffer | undefined, attempt: Attempt): PushedStatus | undefined {
  const status = parse(bytes, statusSchema)
  return status?.attempt === attempt.id ? status : undefined
}

/** What is wrong with the pushed model: files that the manifest names and the repository lacks or has with other content. Undefined: nothing. */
export function findModelProblem(manifest: Buffer | undefined, files: readonly RemoteFile[], at: string): string | undefined {
  const named = Object.entries(parse(manifest, manifestSchema)?.files ?? {}).filter(([name]) => name.startsWith('model/'))
  if (named.length === 0) return 'no manifest names the files of its model'
  for (const [name, { sha256, bytes }] of named) {
    const there = files.find(({ path }) => path === `${at}/${name}`)
    if (there === undefined) return `${name} is not in the repository`
    if (there.bytes !== bytes) return `${name} has ${there.bytes} bytes, ${bytes} were pushed`
    if (there.sha256 !== undefined && there.sha256 !== sha256) return `${name} has another SHA-256 than what was pushed`
  }
  return undefined
}

function parse<Schema extends z.ZodType>(bytes: Buffer | undefined, schema: Schema): z.output<Schema> | undefined {
  if (bytes === undefined) return undefined
  try {
    return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data
  } catch {
    return undefined
  }
}
