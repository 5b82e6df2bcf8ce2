import type { JobSnapshot } from '@sedi/spec'
import type { JobRecord, JobStore } from '../remote/job-store.ts'

/** One job at the service, as far as we know it; each field is durable before the next thing is done. */
export type Attempt = {
  /** Its suffix, and the name of its file there. */
  readonly name: string
  /** Steps the service should make of the file. */
  readonly serviceSteps: number
  /** Said with every snapshot. */
  readonly notes: readonly string[]
  readonly fileId?: string | undefined
  /** A request to create it went out then, milliseconds; it may exist. */
  readonly askedAt?: number | undefined
  readonly jobId?: string | undefined
  readonly createdAt?: number | undefined
  /** When it was first seen to have succeeded. */
  readonly endSeenAt?: number | undefined
  /** What became of it, once told: it does not change any more. */
  readonly outcome?: JobSnapshot | undefined
  /** The outcome is our verdict; the service has not confirmed that the job has ended. */
  readonly mayWork?: boolean | undefined
}

export type OpenAiStore = JobStore<Attempt>
export type OpenAiRecord = JobRecord<Attempt>
