import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

export type JobRequest = {
  readonly dockerImage?: string | undefined
  readonly spaceId?: string | undefined
  readonly command: readonly string[]
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly flavor: string
  readonly timeoutSeconds: number
  readonly labels: Readonly<Record<string, string>>
}

export type Stage = 'SCHEDULING' | 'RUNNING' | 'COMPLETED' | 'CANCELED' | 'ERROR' | 'DELETED'

export type HubJob = {
  readonly id: string
  readonly namespace: string
  readonly request: JobRequest
  readonly createdAt: Date
  /** One of `Stage`, or what a test sets. */
  stage: string
  message: string | null
  readonly log: { readonly data: string; readonly timestamp: string }[]
}

/** A machine inside this process. */
export type MachineProgram = (context: {
  readonly log: (line: string) => void
  /** The machine is to end: nothing it does afterwards counts. */
  readonly signal: AbortSignal
}) => Promise<number>

/** What a job's command becomes in place of its container: a process in a folder of its own, or a function that returns its exit code. */
export type Machine = (
  job: HubJob,
) => { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> } | { readonly run: MachineProgram }

export type Jobs = {
  readonly all: readonly HubJob[]
  run(namespace: string, request: JobRequest): HubJob
  cancel(job: HubJob): void
  /** The machine is gone at once, with everything on it. */
  kill(id: string, message?: string): void
  remove(id: string): void
  /** Whether new jobs wait; `false` lets those that wait begin. */
  hold(held: boolean): void
  close(): Promise<void>
}

const ended = new Set<string>(['COMPLETED', 'CANCELED', 'ERROR', 'DELETED'])
/** Between being asked to end and being ended. The hub's own is not known. */
const graceMs = 3000

/** Jobs whose machines are processes in a folder of their own, which goes when they end. */
type Running = { stop(force: boolean): void }

/** Jobs whose machines end with everything that is on them. */
export function createJobs(machine: Machine): Jobs {
  const all: HubJob[] = []
  const running = new Map<string, Running>()
  let held = false

  const say = (job: HubJob, data: string): void => void job.log.push({ data, timestamp: new Date().toISOString() })

  function begin(job: HubJob): void {
    const { timeoutSeconds } = job.request
    job.stage = 'RUNNING'
    say(job, `===== Job started at ${new Date().toISOString()} =====`)
    const timer = setTimeout(() => end(job, 'ERROR', 'Job timeout'), timeoutSeconds * 1000)
    const over = (code: number | null): void => {
      clearTimeout(timer)
      running.delete(job.id)
      if (!ended.has(job.stage)) Object.assign(job, code === 0 ? { stage: 'COMPLETED' } : { stage: 'ERROR', message: `Job failed with exit code: ${code}` })
    }
    const given = machine(job)
    running.set(job.id, 'run' in given ? runInside(job, given.run, over) : runProcess(job, given, over))
  }

  function runInside(job: HubJob, run: MachineProgram, over: (code: number) => void): Running {
    const controller = new AbortController()
    const failed = (error: unknown): number => {
      say(job, String(error))
      return 1
    }
    void run({ log: (line) => say(job, line), signal: controller.signal })
      .catch(failed)
      .then(over)
    return { stop: () => controller.abort() }
  }

  function runProcess(job: HubJob, { argv, env }: Exclude<ReturnType<Machine>, { run: MachineProgram }>, over: (code: number | null) => void): Running {
    const folder = mkdtempSync(join(tmpdir(), 'sedi-hub-job-'))
    const [program, ...parameters] = argv as [string, ...string[]]
    const { environment, secrets, flavor } = job.request
    const own = { JOB_ID: job.id, CPU_CORES: '2', MEMORY: '16Gi', ...(flavor.startsWith('cpu') ? {} : { ACCELERATOR: flavor }) }
    const child = spawn(program, parameters, {
      ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { HOME: folder, TMPDIR: folder, ...env, ...own, ...environment, ...secrets } as NodeJS.ProcessEnv,
    })
    for (const stream of [child.stdout!, child.stderr!]) createInterface({ input: stream }).on('line', (line) => say(job, line))
    child.once('error', (error) => end(job, 'ERROR', error.message))
    child.once('close', (code) => {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
      over(code)
    })
    return { stop: (force) => signal(child, force ? 'SIGKILL' : 'SIGTERM') }
  }

  function end(job: HubJob, stage: Stage, message: string | null = null): void {
    if (!ended.has(job.stage)) Object.assign(job, { stage, message })
    running.get(job.id)?.stop(true)
  }

  return {
    all,
    run(namespace, request) {
      const job: HubJob = { id: randomBytes(12).toString('hex'), namespace, request, createdAt: new Date(), stage: 'SCHEDULING', message: null, log: [] }
      all.push(job)
      if (!held) begin(job)
      return job
    },
    cancel(job) {
      if (ended.has(job.stage)) return
      const machineOfJob = running.get(job.id)
      Object.assign(job, { stage: 'CANCELED', message: null })
      machineOfJob?.stop(false)
      setTimeout(() => machineOfJob?.stop(true), graceMs).unref()
    },
    kill(id, message = 'Job failed: the machine was lost') {
      end(all.find((job) => job.id === id)!, 'ERROR', message)
    },
    remove(id) {
      const at = all.findIndex((job) => job.id === id)
      running.get(id)?.stop(true)
      all.splice(at, 1)
    },
    hold(now) {
      held = now
      if (!held) for (const job of all) if (job.stage === 'SCHEDULING') begin(job)
    },
    async close() {
      for (const one of running.values()) one.stop(true)
      while (running.size > 0) await wait(10)
    },
  }
}

/** To the whole group: a container ends with everything in it. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
