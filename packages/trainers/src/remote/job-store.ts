import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SediError, type TrainingSpec } from '@sedi/spec'
import { makeFolder, readIfPresent, writeFileAtomically } from '../storage.ts'

/** What is known of a job at a service: written before anything is done because of it. A service's own part is `Attempt`. */
export type JobRecord<Attempt> = {
  /** What the job's name stands for. */
  readonly specHash: string
  /** Tells this job from an equal one of another run: part of its name at the service, by which it is found when an answer was lost. */
  readonly token: string
  readonly firstStep: number
  readonly steps: number
  /** Each was, or may have been, begun at the service; the last one is the job. */
  readonly attempts: readonly Attempt[]
}

export type JobStore<Attempt> = {
  folderOf(jobName: string): string
  /** Undefined where no job of that name was ever submitted. */
  read(jobName: string): JobRecord<Attempt> | undefined
  /** The record of the name, made durable if it is new. Throws `conflict` where the name stands for another spec. */
  claim(spec: TrainingSpec, specHash: string): JobRecord<Attempt>
  write(jobName: string, record: JobRecord<Attempt>): void
  /** Changes the last attempt, which must be there, and returns it. Durable when it returns. */
  amend(jobName: string, changes: Partial<Attempt>): Attempt
}

/** Replaces a file durably; tests put a crash in here. */
export type WriteFile = (path: string, text: string) => void

/** A folder with one folder for each job, and `record.json` in it. One process writes. */
export function createJobStore<Attempt>(folder: string, writeFile: WriteFile = writeFileAtomically): JobStore<Attempt> {
  const folderOf = (jobName: string): string => join(folder, jobName)
  const recordOf = (jobName: string): string => join(folderOf(jobName), 'record.json')

  function read(jobName: string): JobRecord<Attempt> | undefined {
    const bytes = readIfPresent(recordOf(jobName))
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as JobRecord<Attempt>)
  }

  function write(jobName: string, record: JobRecord<Attempt>): void {
    writeFile(recordOf(jobName), `${JSON.stringify(record, null, 1)}\n`)
  }

  return {
    folderOf,
    read,
    write,
    amend(jobName, changes) {
      const record = read(jobName)!
      const attempt = { ...record.attempts.at(-1)!, ...changes }
      write(jobName, { ...record, attempts: [...record.attempts.slice(0, -1), attempt] })
      return attempt
    },
    claim(spec, specHash) {
      const known = read(spec.jobName)
      if (known !== undefined) {
        if (known.specHash === specHash) return known
        throw new SediError(
          'conflict',
          `Job “${spec.jobName}” was submitted before with another spec. Use another jobName, or remove ${folderOf(spec.jobName)}.`,
        )
      }
      makeFolder(folderOf(spec.jobName))
      const record = { specHash, token: randomBytes(5).toString('hex'), firstStep: spec.firstStep, steps: spec.batches.length, attempts: [] }
      write(spec.jobName, record)
      return record
    },
  }
}

/** A name for a job or a file at a service: at most 40 characters of [a-z0-9-]. */
export function remoteName(jobName: string, { specHash, token }: Pick<JobRecord<unknown>, 'specHash' | 'token'>, attempt: number): string {
  const slug = jobName.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  return `sedi-${slug.slice(0, 10)}-${specHash.slice(0, 8)}-${token}-${attempt}`
}
