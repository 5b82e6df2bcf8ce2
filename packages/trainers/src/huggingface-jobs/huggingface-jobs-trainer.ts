import { join } from 'node:path'
import {
  type CallOptions,
  issuesError,
  type JobRef,
  type JobSnapshot,
  SediError,
  type SpecIssue,
  type Trainer,
  type TrainerCapabilities,
  type TrainingMetric,
  type TrainingSpec,
} from '@sedi/spec'
import { throwIfAborted } from '../aborted.ts'
import { readPlanned } from '../command-job/look-at-job.ts'
import { readStepLog } from '../command-job/step-log.ts'
import { followSteps } from '../follow-steps.ts'
import { specHashOf } from '../python-job/job-document.ts'
import { jobFiles } from '../python-job/job-files.ts'
import { createJobStore, type JobRecord, type WriteFile } from '../remote/job-store.ts'
import { pause } from '../remote/with-retries.ts'
import { findSpecIssues } from '../spec-issues.ts'
import { readIfPresent, writeFileAtomically } from '../storage.ts'
import { createHub } from './hub.ts'
import { type Attempt, findModelProblem, hasEnded, judge, readStatus } from './look-at-job.ts'
import { findJob, newAttempt, type StartOptions, startOrFind, templateOf, uploadJob } from './start-job.ts'

export type HuggingFaceJobsSettings = Omit<StartOptions, 'hub'> & {
  /** Where we note what we asked for, and keep what was pushed. */
  readonly folder: string
  readonly namespace: string
  /** Longest wait for a machine; undefined: as long as it takes. */
  readonly startMs: number | undefined
  /** Between two looks at the hub. */
  readonly pollMs: number
  /** Tests put a crash in here. */
  readonly writeFile?: WriteFile | undefined
  readonly clock?: (() => number) | undefined
}

type Look = { readonly snapshot: JobSnapshot; readonly metrics: readonly TrainingMetric[] }

export const huggingFaceJobsCapabilities: TrainerCapabilities = {
  fixedBatches: true,
  perStepLoss: true,
  perStepGradNorm: true,
  perExampleLoss: true,
  perExampleGap: true,
  perExampleError: true,
  masks: true,
  resume: true,
  cancel: true,
  // Its models stay on the hub, and are as large as whoever rents a machine for them needs: open them with vLLM, or with `python`.
  serves: false,
}

const id = 'huggingface-jobs'
const limits = { trainer: id, contextTokens: 131_072, masks: true, errors: true } as const

/**
 * Our Python trainer on machines of Hugging Face Jobs. All that a machine leaves is in a repository; what it pushed there last is what is known of
 * its job, and where another machine goes on.
 */
export function createHuggingFaceJobsTrainer(settings: HuggingFaceJobsSettings): Trainer {
  const { folder, repository, token, machine, options, startMs, pollMs, clock = Date.now } = settings
  const hub = createHub({ url: settings.hubUrl, token, repository, namespace: settings.namespace, pausesMs: settings.pausesMs })
  const start: StartOptions = { ...settings, hub }
  const store = createJobStore<Attempt>(folder, settings.writeFile)
  const looks = new Map<string, { readonly look: Look; readonly at: number; readonly attempt: string }>()
  const submissions = new Map<string, Promise<unknown>>()

  /** The job's folder in the repository: another one for another run, even of the same configuration. */
  const placeOf = (jobName: string, { specHash, token: run }: JobRecord<Attempt>): string => `jobs/${jobName}-${specHash.slice(0, 8)}${run}`

  /** A machine fetches the model it continues from; that it cannot must be known before it is paid for. */
  function findIssues(spec: TrainingSpec): SpecIssue[] {
    const issues = findSpecIssues(spec, limits)
    const from = spec.continueFrom
    if (from?.trainer !== id || from.uri.startsWith(`hf://${repository}/`)) return issues
    return [...issues, { path: 'continueFrom.uri', message: `expected a model in hf://${repository}/ (trainer.repository), got ${from.uri}` }]
  }

  function nameOf(job: JobRef): string {
    if (job.trainer !== id) throw new SediError('invalid-input', `This is a job of trainer “${job.trainer}”, not of “${id}”.`)
    return job.id
  }

  function noteAttempt(jobName: string, attempt: Attempt): void {
    const record = store.read(jobName)!
    const others = record.attempts.filter((one) => one.id !== attempt.id)
    store.write(jobName, { ...record, attempts: [...others, attempt] })
    looks.delete(jobName)
  }

  /** Fetches what has changed in the repository since the last time, all of it as it was at one commit. */
  async function fetchFiles(jobName: string, at: string, call: CallOptions): Promise<void> {
    const own = jobFiles(folder, jobName).folder
    const note = join(own, 'pulled.json')
    const known = JSON.parse(readIfPresent(note)?.toString() ?? '{}') as Record<string, string>
    const commit = await hub.head(call)
    if (commit === undefined || known.commit === commit) return
    const now: Record<string, string> = { commit }
    for (const file of await hub.look([`${at}/status.json`, `${at}/steps.jsonl`, `${at}/manifest.json`], commit, call)) {
      const name = file.path.slice(at.length + 1)
      if (known[name] !== file.oid) writeFileAtomically(join(own, name), await hub.read(file, commit, call))
      now[name] = file.oid
    }
    writeFileAtomically(note, JSON.stringify(now))
  }

  async function lookNow(jobName: string, call: CallOptions): Promise<Look> {
    const record = store.read(jobName)
    const attempt = await adopt(jobName, record, call)
    if (record === undefined || attempt === undefined) return { metrics: [], snapshot: { state: 'lost', stepsDone: 0 } }
    const at = placeOf(jobName, record)
    const files = jobFiles(folder, jobName)
    // The hub first: a machine that has ended has pushed all it will.
    const job = attempt.jobId === undefined ? undefined : await hub.getJob(attempt.jobId, call)
    await fetchFiles(jobName, at, call)
    const log = readStepLog(files, readPlanned(files), huggingFaceJobsCapabilities)
    const status = readStatus(readIfPresent(files.status), attempt)
    let verdict = judge({ attempt, job, status, log, steps: record.steps, now: clock(), startMs, timeoutMinutes: machine.timeoutMinutes })
    if (verdict.cancelIt && job !== undefined) {
      await hub.cancelJob(job.id, call)
      noteAttempt(jobName, { ...attempt, givenUp: { code: verdict.errorCode!, error: verdict.error! } })
    }
    if (verdict.state === 'succeeded') {
      const problem = findModelProblem(readIfPresent(join(files.folder, 'manifest.json')), await hub.list(`${at}/model`, call), at)
      if (problem !== undefined) verdict = { state: 'failed', error: `its model is not what was pushed: ${problem}`, errorCode: 'digest' }
    }
    const words = verdict.unexplained && job !== undefined ? await hub.lastWords(job.id, call) : ''
    const warnings = [...(status?.warnings ?? []), ...log.warnings, ...(verdict.warnings ?? [])]
    const { state, error, errorCode } = verdict
    return {
      metrics: log.metrics,
      snapshot: {
        state,
        stepsDone: log.metrics.length,
        ...(state === 'succeeded' ? { model: { trainer: id, uri: `hf://${repository}/${at}/model`, digest: status!.model!.digest } } : {}),
        ...(error === undefined ? {} : { error: words === '' ? error : `${error} Its log ends with:\n${words}` }),
        ...(errorCode === undefined ? {} : { errorCode }),
        ...(warnings.length === 0 ? {} : { warnings }),
      },
    }
  }

  /** The newest attempt. One of which it is not known whether it was begun is looked for on the hub. */
  async function adopt(jobName: string, record: JobRecord<Attempt> | undefined, call: CallOptions): Promise<Attempt | undefined> {
    const attempt = record?.attempts.at(-1)
    if (attempt === undefined || attempt.jobId !== undefined) return attempt
    const found = await findJob(attempt, hub, call)
    if (found === undefined) return attempt
    const known = { ...attempt, jobId: found.id }
    noteAttempt(jobName, known)
    return known
  }

  /** As of at most `pollMs` ago; for good once the job has ended. */
  async function look(jobName: string, call: CallOptions): Promise<Look> {
    const attempt = store.read(jobName)?.attempts.at(-1)?.id ?? ''
    const kept = looks.get(jobName)
    const isEnd = kept !== undefined && kept.look.snapshot.state !== 'queued' && kept.look.snapshot.state !== 'running'
    if (kept !== undefined && kept.attempt === attempt && (isEnd || clock() - kept.at < pollMs)) return kept.look
    const fresh = await lookNow(jobName, call)
    looks.set(jobName, { look: fresh, at: clock(), attempt })
    return fresh
  }

  async function submitOnce(spec: TrainingSpec, call: CallOptions): Promise<void> {
    const { jobName } = spec
    const hash = specHashOf(spec, { ...options, chatTemplate: templateOf(options) ?? options.chatTemplate })
    const record = store.claim(spec, hash)
    const at = placeOf(jobName, record)
    const last = record.attempts.at(-1)
    const before = last === undefined ? undefined : (await look(jobName, call)).snapshot
    if (before !== undefined && ['queued', 'running', 'succeeded'].includes(before.state)) return
    const known = store.read(jobName)!.attempts.at(-1)
    // Nobody pays for two machines: one that was given up may still be there.
    if (known?.jobId !== undefined && !hasEnded(await hub.getJob(known.jobId, call))) await hub.cancelJob(known.jobId, call)
    // The same attempt again where nothing came of it: should its request still arrive, the second machine finds that the first one has the job.
    const attempt = known !== undefined && known.jobId === undefined ? known : newAttempt(clock())
    noteAttempt(jobName, attempt)
    await hub.ensureRepository(call)
    const document = await uploadJob(spec, at, attempt, before?.errorCode === 'digest', start, call)
    writeFileAtomically(jobFiles(folder, jobName).document, document)
    const job = await startOrFind(at, attempt, start, call)
    noteAttempt(jobName, { ...attempt, jobId: job.id })
  }

  return {
    specVersion: 1,
    id,
    capabilities: huggingFaceJobsCapabilities,
    validate: findIssues,

    async submit(spec, call = {}) {
      throwIfAborted(call)
      const issues = findIssues(spec).map((issue) => ({ ...issue, code: 'unsupported' }))
      if (issues.length > 0) throw issuesError('invalid-input', 'The training spec cannot be trained:', issues)
      const earlier = submissions.get(spec.jobName) ?? Promise.resolve()
      const submitted = earlier.catch(() => {}).then(() => submitOnce(spec, call))
      submissions.set(spec.jobName, submitted)
      await submitted
      return { trainer: id, id: spec.jobName }
    },

    async get(job, call = {}) {
      throwIfAborted(call)
      return (await look(nameOf(job), call)).snapshot
    },

    async cancel(job, call = {}) {
      throwIfAborted(call)
      const jobName = nameOf(job)
      const { state } = (await look(jobName, call)).snapshot
      const attempt = store.read(jobName)?.attempts.at(-1)
      if ((state !== 'queued' && state !== 'running') || attempt?.jobId === undefined) return
      noteAttempt(jobName, { ...attempt, cancelled: true })
      await hub.cancelJob(attempt.jobId, call)
    },

    metrics(job: JobRef, { afterStep, signal }: CallOptions & { readonly afterStep?: number | undefined } = {}) {
      const jobName = nameOf(job)
      return followSteps({ afterStep, signal, look: () => look(jobName, { signal }), pause: () => pause(pollMs, { signal }) })
    },

    /** Machines go on without us; another trainer over this folder finds them. */
    async close() {
      looks.clear()
    },
  }
}
