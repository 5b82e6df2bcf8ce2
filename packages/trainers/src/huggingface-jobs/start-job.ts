import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallOptions, SediError, type TrainingSpec } from '@sedi/spec'
import { jobDocument, type PythonOptions } from '../python-job/job-document.ts'
import { usualPausesMs } from '../remote/with-retries.ts'
import type { Hub, HubJob, JobRequest } from './hub.ts'
import type { Attempt } from './look-at-job.ts'
import { bootstrapProgram, bundlePackage } from './package-bundle.ts'

/** The machine that is rented, and what runs on it. */
export type MachineSettings = {
  readonly flavor: string
  readonly image: string
  readonly timeoutMinutes: number
  readonly install: 'locked' | 'image'
  readonly processes: number
  readonly pushSeconds: number
}

export type StartOptions = {
  readonly hub: Hub
  /** As machines see it, and this process. */
  readonly hubUrl: string
  readonly token: string
  readonly repository: string
  readonly machine: MachineSettings
  readonly options: PythonOptions
  /** Between attempts of what may be done twice. */
  readonly pausesMs?: readonly number[] | undefined
}

const attemptLabel = 'sedi-attempt'

export const newAttempt = (now: number): Attempt => ({ id: randomUUID(), at: now })

const templateName = 'chat-template.jinja'

/**
 * Puts what a machine needs into the repository: the job, a status that is the attempt's, the trainer. Whatever machine was at work on the job
 * before finds that it is not its own any more.
 *
 * @param at the job's folder in the repository
 * @param anew whether checkpoints and models that were pushed so far are to be forgotten
 * @returns `job.json`
 */
export async function uploadJob(spec: TrainingSpec, at: string, attempt: Attempt, anew: boolean, start: StartOptions, call: CallOptions): Promise<string> {
  const { hub, options } = start
  const bundle = bundlePackage()
  const template = templateOf(options)
  const remote = { ...options, ...(template === undefined ? {} : { chatTemplate: templateName }), continueFromDigest: spec.continueFrom?.digest ?? null }
  const document = JSON.stringify(jobDocument(spec, remote, '/'))
  const there = await hub.look([bundle.path], 'main', call)
  const old = anew ? await hub.list(at, call) : []
  await hub.commit(
    `${spec.jobName}: submit`,
    {
      [`${at}/job.json`]: document,
      [`${at}/status.json`]: JSON.stringify({ protocol: 1, state: 'queued', warnings: [], attempt: attempt.id }),
      ...(template === undefined ? {} : { [`${at}/${templateName}`]: template }),
      ...(there.length > 0 ? {} : { [bundle.path]: bundle.bytes }),
    },
    old.map(({ path }) => path).filter((path) => !/\/(job\.json|status\.json|steps\.jsonl|chat-template\.jinja)$/.test(path)),
    call,
  )
  return document
}

/** The content of the template where it is a file of ours. */
export const templateOf = ({ chatTemplate }: PythonOptions): string | undefined =>
  chatTemplate !== 'auto' && chatTemplate !== 'plain' && existsSync(chatTemplate) ? readFileSync(chatTemplate, 'utf8') : undefined

/** The key is among the secrets and nowhere else. */
function jobRequest(at: string, attempt: Attempt, { hubUrl, token, repository, machine, options }: StartOptions): JobRequest {
  const bundle = bundlePackage()
  const words = ['--push', repository, '--at', at, '--attempt', attempt.id, '--push-seconds', String(machine.pushSeconds)]
  const install = machine.install === 'image' ? 'none' : options.method === 'qlora' ? 'locked+qlora' : 'locked'
  return {
    dockerImage: machine.image,
    command: ['python3', '-c', bootstrapProgram()],
    environment: {
      ...{ SEDI_HUB: hubUrl, HF_ENDPOINT: hubUrl, SEDI_REPOSITORY: repository, SEDI_PACKAGE: bundle.path, SEDI_PACKAGE_SHA256: bundle.sha256 },
      ...{ SEDI_INSTALL: install, SEDI_TRAIN: JSON.stringify([...words, '--processes', String(machine.processes)]), PYTHONUNBUFFERED: '1' },
    },
    secrets: { HF_TOKEN: token },
    flavor: machine.flavor,
    timeoutSeconds: Math.ceil(machine.timeoutMinutes * 60),
    labels: { 'sedi-job': at.split('/').at(-1)!.replaceAll('.', '-'), [attemptLabel]: attempt.id },
  }
}

/**
 * Starts the attempt's job on the hub, or finds that there is one: when an answer was lost, or we ended before it came. Throws what the hub
 * says; with `details.started: 'unknown'` where a job may come of it, which the next submit looks for.
 */
export async function startOrFind(at: string, attempt: Attempt, start: StartOptions, call: CallOptions): Promise<HubJob> {
  const before = await findJob(attempt, start.hub, call)
  if (before !== undefined) return before
  try {
    return await start.hub.startJob(jobRequest(at, attempt, start), call)
  } catch (error) {
    if (!SediError.is(error) || isRefusal(error) || error.code === 'aborted' || error.code === 'missing-dependency') throw error
    for (const ms of [0, ...(start.pausesMs ?? usualPausesMs).slice(0, 3)]) {
      await wait(ms)
      const found = await findJob(attempt, start.hub, call).catch(() => undefined)
      if (found !== undefined) return found
    }
    const message = `${error.message} Whether the hub has taken the job is not known; sedi resume looks for it before it starts another.`
    throw new SediError(error.code, message, { retryable: true, details: { ...error.details, started: 'unknown' }, cause: error })
  }
}

const isRefusal = ({ details }: SediError): boolean => typeof details.status === 'number' && details.status < 500 && details.status !== 408

/** The job of an attempt. Should there be several, the oldest counts and the others are ended. */
export async function findJob(attempt: Attempt, hub: Hub, call: CallOptions): Promise<HubJob | undefined> {
  const [first, ...others] = await hub.findJobs(attemptLabel, attempt.id, call)
  for (const { id } of others) await hub.cancelJob(id, call)
  return first
}
