import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { JobSnapshot, TrainerCapabilities, TrainingMetric } from '@sedi/spec'
import * as z from 'zod'
import type { JobFiles } from '../python-job/job-files.ts'
import { readIfPresent } from '../storage.ts'
import { type Launch, readLaunch } from './launch.ts'
import { type Planned, readStepLog, type StepLog } from './step-log.ts'

/** How long silence may last before it means something. */
export type Patience = {
  /** A job that has shown itself and whose command we cannot see: silent for longer, and it is lost. */
  readonly silenceMs: number
  /** From the command's start to the job's first sign of life; undefined: as long as it takes. */
  readonly startMs: number | undefined
  /** For files of another machine to arrive after the command has ended. */
  readonly settleMs: number
}

export type Look = {
  readonly snapshot: JobSnapshot
  readonly metrics: readonly TrainingMetric[]
  readonly log: StepLog
  /** It is given up, but nobody saw it end: it may still sit in a queue, or write. */
  readonly mayWork: boolean
}

export type LookOptions = {
  readonly planned: Planned
  readonly capabilities: TrainerCapabilities
  readonly patience: Patience
  /** Whether the command ends when the job does, and not when a queue has it. */
  readonly commandIsJob: boolean
  /** Whether the command is a process of ours that still runs. */
  readonly commandRuns: boolean
}

const statusSchema = z.looseObject({
  state: z.string(),
  stepsDone: z.int().optional(),
  warnings: z.array(z.string()).default([]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  model: z.looseObject({ uri: z.string().optional(), digest: z.string().optional() }).optional(),
})
type Status = z.output<typeof statusSchema>

/** What the job's folder says of it, and nothing else: whoever looks, after whatever happened, comes to the same answer. */
export function lookAtJob(files: JobFiles, options: LookOptions): Look {
  const launch = readLaunch(files)
  // The status first: steps that are told before a job ends are then all there.
  const { status, unreadable } = readStatus(files)
  const log: StepLog = launch === undefined ? { metrics: [], usable: '', missing: [], warnings: [] } : readStepLog(files, options.planned, options.capabilities)
  const verdict = launch === undefined ? { state: 'lost' as const } : judge(files, launch, status, log, options)
  const said = [...(status?.warnings ?? []), ...log.warnings, ...(verdict.warnings ?? []), ...(unreadable === undefined ? [] : [unreadable])]
  const unseen = launch !== undefined && !(options.commandIsJob && launch.exit !== undefined) && !hasEnded(status?.state)
  return {
    log,
    metrics: log.metrics,
    mayWork: unseen && (verdict.state === 'failed' || verdict.state === 'lost'),
    snapshot: {
      state: verdict.state,
      stepsDone: options.capabilities.perStepLoss ? log.metrics.length : (status?.stepsDone ?? 0),
      ...(verdict.model === undefined ? {} : { model: verdict.model }),
      ...(verdict.error === undefined ? {} : { error: verdict.error }),
      ...(verdict.errorCode === undefined ? {} : { errorCode: verdict.errorCode }),
      ...(said.length === 0 ? {} : { warnings: said }),
    },
  }
}

type Verdict = Pick<JobSnapshot, 'state' | 'error' | 'errorCode' | 'warnings' | 'model'>

const unended = new Set(['queued', 'running'])
const hasEnded = (state: string | undefined): boolean => state === 'succeeded' || state === 'failed' || state === 'cancelled'

function judge(files: JobFiles, launch: Launch, status: Status | undefined, log: StepLog, options: LookOptions): Verdict {
  const state = status?.state
  if (log.problem !== undefined && state !== 'failed')
    return { state: 'failed', error: log.problem, errorCode: log.problem.includes('nan-loss') ? 'nan-loss' : 'metrics' }
  if (state === 'succeeded') return judgeSuccess(files, status!, log, options)
  if (state === 'failed') {
    const error = status?.error === undefined ? withOutput(files, 'it failed and does not say why') : `${status.error.message} (${status.error.code})`
    return { state, error, errorCode: status?.error?.code }
  }
  if (state === 'cancelled' || launch.cancelled) return { state: 'cancelled' }
  const warnings = state === undefined || unended.has(state) ? [] : [`it says “${state}”, which this version does not know; taken as running`]
  return { warnings, ...judgeUnended(files, launch, state, options) }
}

/** It says that it has succeeded: is everything there? */
function judgeSuccess(files: JobFiles, status: Status, { metrics, missing }: StepLog, { capabilities, patience, planned }: LookOptions): Verdict {
  const gap = capabilities.fixedBatches && metrics.length < planned.steps
  const uri = status.model?.uri ?? (existsSync(resolve(files.folder, 'model')) ? files.modelUri : undefined)
  if (!gap && uri !== undefined) return { state: 'succeeded', model: { trainer: 'command', uri, ...digestOf(status) } }
  if (age(files.status) <= patience.settleMs) return { state: 'running' }
  const lacking = missing.length > 0 ? `steps ${missing.slice(0, 10).join(', ')}` : `the steps after ${planned.firstStep + metrics.length - 1}`
  const what = gap ? `steps.jsonl lacks ${lacking}` : `there is neither a folder model/ nor a model.uri in status.json`
  return { state: 'failed', error: `it says that it has succeeded, but ${what}` }
}

const digestOf = ({ model }: Status): { digest?: string } => (model?.digest === undefined ? {} : { digest: model.digest })

/** It has not said how it ended: is it still at work? */
function judgeUnended(files: JobFiles, launch: Launch, said: string | undefined, { patience, commandIsJob, commandRuns }: LookOptions): Verdict {
  const { exit, startedAt } = launch
  const silentMs = Math.min(age(files.alive), age(files.steps), age(files.status))
  const begun = Number.isFinite(silentMs) && silentMs <= Date.now() - startedAt
  const working = begun && said !== 'queued' ? 'running' : 'queued'
  if (exit !== undefined && Date.now() - exit.at > patience.settleMs) {
    if (exit.error !== undefined) return { state: 'failed', error: exit.error }
    if (exit.code !== null && exit.code !== 0) return { state: 'failed', error: withOutput(files, `the command ended with exit code ${exit.code}`) }
    if (exit.signal !== null) return { state: 'lost', error: withOutput(files, `the command was ended by ${exit.signal}`) }
    if (commandIsJob) return { state: 'lost', error: withOutput(files, 'the command ended without a word about the job') }
  }
  if (!begun) {
    if (patience.startMs === undefined || Date.now() - startedAt <= patience.startMs) return { state: 'queued' }
    return { state: 'failed', error: withOutput(files, `it has not begun ${describe(Date.now() - startedAt)} after its command was started`) }
  }
  if (silentMs <= patience.silenceMs) return { state: working }
  const silence = `no sign of life for ${describe(silentMs)}`
  if (commandRuns && commandIsJob) return { state: working, warnings: [`${silence}; its command still runs`] }
  return { state: 'lost', error: withOutput(files, silence) }
}

const describe = (ms: number): string => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`)

/** Milliseconds since the file was written; Infinity where there is none. */
function age(path: string): number {
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return written === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Date.now() - written)
}

/** Half-written or foreign documents are not believed, and said. */
function readStatus(files: JobFiles): { readonly status?: Status; readonly unreadable?: string } {
  const bytes = readIfPresent(files.status)
  if (bytes === undefined) return {}
  try {
    return { status: statusSchema.parse(JSON.parse(bytes.toString('utf8'))) }
  } catch {
    return { unreadable: `status.json cannot be read: expected { "state": "running", … }, got ${JSON.stringify(bytes.toString('utf8').slice(0, 80))}` }
  }
}

const documentSchema = z.looseObject({
  firstStep: z.int(),
  batches: z.array(z.unknown()),
  mask: z.unknown().optional(),
  measures: z.array(z.string()).default([]),
})

export function readPlanned(files: JobFiles): Planned {
  const document = JSON.parse(readIfPresent(files.document)?.toString('utf8') ?? '{"firstStep":1,"batches":[]}')
  const { firstStep, batches, mask, measures } = documentSchema.parse(document)
  return { firstStep, steps: batches.length, masked: mask !== undefined, errors: measures.includes('error') }
}

const lastOutput = 2000

function withOutput(files: JobFiles, error: string): string {
  const printed = readIfPresent(files.output)?.toString('utf8').trim().slice(-lastOutput) ?? ''
  return printed === '' ? error : `${error}. It printed last:\n${printed}`
}
