import { join } from 'node:path'
import type { JobSnapshot } from '@sedi/spec'
import type { JobStore } from '../remote/job-store.ts'
import { readIfPresent } from '../storage.ts'
import type { StepFigures } from './read-metrics.ts'
import type { JobRequest } from './service.ts'

/** One try of a job at the service, as far as it came. Each field is on disk before anything is done because of it. */
export type Attempt = {
  /** The job's and the file's name at the service. */
  readonly suffix: string
  /** An upload was begun. */
  readonly uploading?: true
  readonly fileId?: string
  readonly request?: JobRequest
  /** In what the job differs from the spec. */
  readonly notes?: readonly string[]
  /** Steps that should come of it; what is told beyond those composed is left out. */
  readonly expectedSteps?: number
  /** Dollars, as the service estimated them. */
  readonly estimateUsd?: number
  /** The request was sent, or was about to be. */
  readonly creating?: true
  /** The service's id of the job, `ft-…`. */
  readonly remoteId?: string
  /** When we learned of it, in milliseconds since the epoch. */
  readonly createdAt?: number
  /** We do not wait for it any more. */
  readonly givenUp?: { readonly error: string; readonly errorCode: string; readonly cancelled: boolean }
  /** Whoever asked knows that it has not succeeded. */
  readonly told?: true
  /** How it ended; the service is not asked any more. */
  readonly outcome?: Pick<JobSnapshot, 'state' | 'model' | 'error' | 'errorCode'> & { readonly warnings: readonly string[]; readonly priceUsd?: number }
}

export type TogetherJobs = JobStore<Attempt>

/** Notes that the end of a job which has not succeeded was told. */
export function markTold(jobs: TogetherJobs, jobName: string): void {
  const last = jobs.read(jobName)?.attempts.at(-1)
  if (last?.remoteId !== undefined && last.told === undefined) jobs.amend(jobName, { told: true })
}

/** A step once told stays told, also where the service forgets it or a later attempt tells other figures. */
export type ToldStep = StepFigures & {
  /** The service's id of the job that told it. */
  readonly by: string
}

export const stepsFile = (jobs: TogetherJobs, jobName: string): string => join(jobs.folderOf(jobName), 'steps.jsonl')

/** In step order. */
export function readToldSteps(jobs: TogetherJobs, jobName: string): ToldStep[] {
  const lines = readIfPresent(stepsFile(jobs, jobName))?.toString('utf8').trimEnd() ?? ''
  return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as ToldStep)
}
