import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallOptions, issuesError, type JobRef, SediError, type Trainer, type TrainerCapabilities } from '@sedi/spec'
import { throwIfAborted } from '../aborted.ts'
import { followSteps } from '../follow-steps.ts'
import { jobDocument } from '../python-job/job-document.ts'
import { claimName, type JobFiles, jobFiles } from '../python-job/job-files.ts'
import { specHash } from '../spec-hash.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { withStorage, writeFileAtomically } from '../storage.ts'
import { type Command, endLaunch, fillIn, launch, markCancelled, readLaunch, runToEnd } from './launch.ts'
import { type Look, lookAtJob, type Patience, readPlanned } from './look-at-job.ts'
import type { Planned } from './step-log.ts'

export type CommandTrainerSettings = {
  /** Where the jobs' folders are. */
  readonly folder: string
  readonly command: Command
  /** Ends a job; undefined: ending the command does, where `capabilities.cancel` says so. */
  readonly cancelCommand: Command | undefined
  readonly capabilities: TrainerCapabilities
  /** Further keys of `job.json`. */
  readonly job: Readonly<Record<string, unknown>>
  /** Whether the command ends when the job does, and not when a queue has it. */
  readonly commandIsJob: boolean
  readonly patience: Patience
}

/** The program's own limit is its to check. */
const contextTokens = 1_048_576
const pollMs = 200

/**
 * Jobs are folders that a program on this machine or another one works on. All that is known of a job is what its folder says, so another
 * process finds it again; the command goes on when this process ends.
 */
export function createCommandTrainer(settings: CommandTrainerSettings): Trainer {
  const { folder, command, cancelCommand, capabilities, job: ownKeys, commandIsJob, patience } = settings
  const limits = { trainer: 'command', contextTokens, masks: capabilities.masks, errors: capabilities.perExampleError }
  const children = new Map<string, ChildProcess>()
  const planned = new Map<string, Planned>()

  function filesOf(job: JobRef): JobFiles {
    if (job.trainer !== 'command') throw new SediError('invalid-input', `This is a job of trainer “${job.trainer}”, not of “command”.`)
    return jobFiles(folder, job.id)
  }

  function look(jobName: string, files: JobFiles): Look {
    const child = children.get(jobName)
    const commandRuns = child !== undefined && child.exitCode === null && child.signalCode === null
    // What a name stands for never changes; before its document is there, nothing is known.
    const known = planned.get(jobName) ?? readPlanned(files)
    if (known.steps > 0) planned.set(jobName, known)
    return lookAtJob(files, { planned: known, capabilities, patience, commandIsJob, commandRuns })
  }

  const filled = ({ argv, keys }: Command, files: JobFiles, jobName: string): Command => ({ argv: fillIn(argv, files, jobName), keys })

  async function stop(jobName: string, files: JobFiles, call: CallOptions): Promise<void> {
    if (cancelCommand !== undefined) return await runToEnd(filled(cancelCommand, files, jobName), call)
    const launched = readLaunch(files)
    if (launched !== undefined && launched.exit === undefined) await endLaunch(launched)
  }

  return {
    specVersion: 1,
    id: 'command',
    capabilities,
    validate: (spec) => findSpecIssues(spec, limits),

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findSpecIssues(spec, limits).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      const files = jobFiles(folder, spec.jobName)
      // How the program is started may be mended between two attempts.
      claimName(files, specHash(spec, { ownKeys }), spec.jobName)
      const ref = { trainer: 'command', id: spec.jobName }
      const before = look(spec.jobName, files)
      if (['queued', 'running', 'succeeded'].includes(before.snapshot.state)) return ref
      // Two must not write into one folder. What is lost is most likely gone, and a command that ends jobs does not find it any more.
      if (before.mayWork && capabilities.cancel) {
        await stop(spec.jobName, files, call).catch((error: unknown) => {
          if (before.snapshot.state !== 'lost') throw error
        })
      }
      clear(files, capabilities.resume ? before.log.usable : '')
      writeFileAtomically(files.document, JSON.stringify({ ...ownKeys, ...jobDocument(spec, {}, folder) }))
      children.set(spec.jobName, launch(filled(command, files, spec.jobName), files))
      return ref
    },

    async get(job, call = {}) {
      throwIfAborted(call)
      return look(job.id, filesOf(job)).snapshot
    },

    ...(capabilities.cancel
      ? {
          async cancel(job: JobRef, call: CallOptions = {}) {
            throwIfAborted(call)
            const files = filesOf(job)
            const { state } = look(job.id, files).snapshot
            if (state !== 'queued' && state !== 'running') return
            // Before a command of ours ends: whoever looks meanwhile must not take it for lost. After a service has agreed.
            if (cancelCommand === undefined) markCancelled(files)
            await stop(job.id, files, call)
            markCancelled(files)
          },
        }
      : {}),

    ...(capabilities.perStepLoss
      ? {
          metrics(job: JobRef, { afterStep, signal }: CallOptions & { readonly afterStep?: number | undefined } = {}) {
            const files = filesOf(job)
            return followSteps({
              afterStep,
              signal,
              look: async () => look(job.id, files),
              pause: () => wait(pollMs, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
            })
          },
        }
      : {}),

    /** Jobs go on without us; the next trainer over this folder finds them. */
    async close() {
      children.clear()
    },
  }
}

/** Readies the folder of a job that is begun or begun again: what an earlier attempt said of itself must not be taken for this one's. */
function clear(files: JobFiles, keptSteps: string): void {
  withStorage(files.folder, () => {
    for (const path of [files.status, files.alive]) rmSync(path, { force: true })
    if (keptSteps === '') {
      rmSync(files.steps, { force: true })
      rmSync(join(files.folder, 'model'), { recursive: true, force: true })
    }
  })
  if (keptSteps !== '') writeFileAtomically(files.steps, keptSteps)
}
