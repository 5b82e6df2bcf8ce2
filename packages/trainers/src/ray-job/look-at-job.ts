import type { JobSnapshot } from '@sedi/spec'
import type { JobStatus } from '../python-job/job-files.ts'
import type { RayJob } from './ray-api.ts'

/** One submission of a job; a retry is another one. On disk before the cluster is asked. */
export type RayAttempt = {
  /** `submission_id` at the cluster. */
  readonly id: string
  /** Milliseconds since 1970, by our clock. */
  readonly submittedAt: number
  /** The cluster has said that it has it. Without this, the same id may be submitted again. */
  readonly accepted?: boolean | undefined
  /** We have stopped it. */
  readonly cancelled?: boolean | undefined
  /** It had not begun within `startMs`, and was told to stop. */
  readonly givenUp?: boolean | undefined
}

export type RayPatience = {
  /** Longest wait before the job begins; undefined: as long as the cluster's own limit. */
  readonly startMs: number | undefined
  /** For files of a node to arrive after the cluster has said that the job is over. */
  readonly settleMs: number
}

export type RayView = {
  readonly attempt: RayAttempt
  /** What the job's process says of itself, in this attempt. */
  readonly status: JobStatus | undefined
  /** What the cluster says; undefined where it does not know the job, or was not asked. */
  readonly job: RayJob | undefined
  /** The interpreter and the folder it was given, for advice. */
  readonly python: string
  readonly folder: string
  readonly patience: RayPatience
  readonly now: number
}

export type Verdict = Pick<JobSnapshot, 'state' | 'error' | 'errorCode' | 'warnings'>

/** Whether the job's process has said how it ended: then the cluster need not be asked. */
export const hasSaidItsEnd = (status: JobStatus | undefined): boolean => status?.state === 'succeeded' || status?.state === 'failed'

/**
 * What has become of a job: the process knows best how it ended, the cluster whether it is at work. Pure; whoever looks, after whatever
 * happened, comes to the same answer.
 */
export function judge(view: RayView): Verdict {
  const { attempt, status, job, patience, now } = view
  if (status?.state === 'succeeded') return { state: 'succeeded' }
  if (attempt.cancelled) return { state: 'cancelled' }
  if (status?.state === 'failed') return failureOf(status, view)
  if (attempt.givenUp) return neverStarted(now - attempt.submittedAt, '')
  if (job === undefined) return { state: 'lost', error: attempt.accepted ? forgotten : 'it may not have reached the cluster' }
  switch (job.status) {
    case 'PENDING':
      if (patience.startMs !== undefined && now - attempt.submittedAt > patience.startMs) return neverStarted(now - attempt.submittedAt, job.message)
      return { state: 'queued' }
    case 'RUNNING':
      return { state: 'running' }
    case 'STOPPED':
      return { state: 'cancelled' }
    case 'SUCCEEDED':
      if (isSettling(view, job)) return { state: 'running' }
      return { state: 'lost', error: `the cluster says that it has succeeded, but status.json in ${view.folder} says ${said(status)}` }
    case 'FAILED':
      return judgeFailure(view, job)
    default:
      return { state: 'running', warnings: [`the cluster says “${job.status}”, which this version does not know; taken as running`] }
  }
}

const forgotten = 'the cluster does not know the job any more: its head was restarted, or the job deleted. It goes on from its last checkpoint'
const said = (status: JobStatus | undefined): string => (status === undefined ? 'nothing' : `“${status.state}”`)

function failureOf({ error }: JobStatus, view: RayView): Verdict {
  if (error === undefined) return { state: 'failed', error: 'it failed and does not say why' }
  if (/No module named/.test(error.message)) return { state: 'failed', error: `${error.message}${lacksPackages(view)}`, errorCode: 'environment' }
  return { state: 'failed', error: `${error.message} (${error.code})`, errorCode: error.code }
}

function neverStarted(waitedMs: number, message: string): Verdict {
  const waited = waitedMs < 120_000 ? `${Math.round(waitedMs / 1000)} s` : `${Math.round(waitedMs / 60_000)} min`
  const words = message === '' ? '' : ` The cluster says: ${tail(message)}`
  return {
    state: 'failed',
    error: `it had not begun ${waited} after it was submitted.${words} Ask for less (trainer.cpus, trainer.gpus, trainer.memoryGb), or set trainer.startMinutes. (never-started)`,
    errorCode: 'never-started',
  }
}

/** Errors of these kinds are about the cluster, and another attempt may fare better. */
const byErrorType: Readonly<Record<string, 'environment' | 'never-started' | 'lost'>> = {
  RUNTIME_ENV_SETUP_FAILURE: 'environment',
  JOB_SUPERVISOR_ACTOR_START_TIMEOUT: 'never-started',
  JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE: 'never-started',
  JOB_SUPERVISOR_ACTOR_START_FAILURE: 'lost',
  JOB_SUPERVISOR_ACTOR_DIED: 'lost',
  JOB_SUPERVISOR_ACTOR_UNKNOWN_FAILURE: 'lost',
}

function judgeFailure(view: RayView, job: RayJob): Verdict {
  // Rays before 2.4x say it in the message only.
  const kind = byErrorType[job.errorType ?? ''] ?? (job.message.startsWith('runtime_env setup failed') ? 'environment' : undefined)
  const words = tail(job.message)
  if (kind === 'lost') return { state: 'lost', error: `its node or its supervisor was lost: ${words}` }
  if (kind === 'never-started') return { state: 'failed', error: `it never began: ${words} (never-started)`, errorCode: 'never-started' }
  if (kind === 'environment') return { state: 'failed', error: `its environment cannot be made: ${words} (environment)`, errorCode: 'environment' }
  const { exitCode } = job
  // A shell adds 128 to the number of a signal; Ray gives it as a negative number.
  const signal = exitCode === undefined ? undefined : exitCode < 0 ? -exitCode : exitCode > 128 ? exitCode - 128 : undefined
  if (signal !== undefined)
    return { state: 'lost', error: `its process was ended by signal ${signal}${signal === 9 ? ' (the node’s memory, or somebody)' : ''}: ${words}` }
  if (isSettling(view, job) && view.status !== undefined) return { state: 'running' }
  const [advice, errorCode] = adviceFor(job.message, view)
  return { state: 'failed', error: `its process ended with exit code ${exitCode ?? '?'}: ${words}${advice}`, ...(errorCode === undefined ? {} : { errorCode }) }
}

/** The usual reasons why nothing of ours was reached, with the code that they get. */
function adviceFor(message: string, view: RayView): readonly [string, string | undefined] {
  if (view.status !== undefined) return ['', undefined]
  if (/No module named '?"?sedi_trainer|No such file or directory: .*lock/.test(message)) {
    const advice = `\nThe node does not see ${view.folder}. Jobs need a folder that it shares with this machine, at the same path: set trainer.sharedFolder.`
    return [`${advice} (not-shared)`, 'not-shared']
  }
  return /No module named|not found|ImportError/.test(message) ? [lacksPackages(view), 'environment'] : ['', undefined]
}

const lacksPackages = ({ python }: RayView): string =>
  `\nThe node’s “${python}” lacks what training needs: set trainer.python to an interpreter that has it, or trainer.packages to locked. (environment)`

/** Files of another machine may arrive after the news that the job is over; clocks may differ. */
function isSettling({ now, patience }: RayView, { endedAt }: RayJob): boolean {
  return endedAt !== undefined && Math.abs(now - endedAt) < patience.settleMs
}

const longestMessage = 2000

/** The end of what a job printed says why it ended. */
const tail = (message: string): string => message.trim().slice(-longestMessage)
