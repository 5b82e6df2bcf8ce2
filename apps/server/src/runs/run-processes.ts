import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, type RunStore, SediError, toSediError } from '@sedi/spec'
import { httpStatusOf } from '../http-status.ts'
import { Refusal } from '../problem.ts'

export type RunProcesses = {
  /**
   * Starts a process that carries a run on, and that this server's end does not end. `options` are those of `sedi resume`. Resolves when it
   * writes the run, or has ended well; rejects with what it said when it could not begin. One start of a run at a time: `conflict`.
   */
  start(runId: string, folder: string, options: readonly string[]): Promise<void>
  /** Throws when no process could be started now: `unsupported`, or a refusal with status 503. */
  assertRoom(): void
  /** A process was started for the run and does not write it yet. */
  isStarting(runId: string): boolean
  /** Resolves when nothing is starting any more; whatever came of it. */
  settled(runId: string): Promise<void>
  /** Why the last process that this server started for a run ended badly; undefined otherwise. */
  lastFailure(runId: string): RunFailure | undefined
}

export type RunFailure = { readonly code: ErrorCode; readonly message: string }

export type ProcessOptions = {
  readonly store: RunStore
  readonly storeAddress: string
  /** The command that starts SeDi's command line, and its first parameters. */
  readonly sedi: readonly string[] | undefined
  /** The folder in which it is started. */
  readonly cwd: string
  /** Processes at once. */
  readonly most: number
}

const lookEveryMs = 100
/** A large ledger is checked whole before it is written. */
const startMs = 120_000
/** What a run's process needs nothing of. */
const ownVariables = ['SEDI_API_TOKEN', 'NODE_CHANNEL_FD']

export function createRunProcesses({ store, storeAddress, sedi, cwd, most }: ProcessOptions): RunProcesses {
  const starting = new Map<string, Promise<void>>()
  /** The latest process of each run; one that was paused may still be saying its last words while the next begins. */
  const latest = new Map<string, ChildProcess>()
  const failures = new Map<string, RunFailure>()

  async function begin(runId: string, folder: string, options: readonly string[]): Promise<void> {
    const [command, ...first] = sedi!
    const answerFile = join(folder, 'process.json')
    const child = spawnDetached(command!, [...first, 'resume', runId, '--store', storeAddress, '--json', ...options], { cwd, folder, answerFile })
    latest.set(runId, child)
    failures.delete(runId)
    const ended = new Promise<RunFailure | undefined>((resolve) => {
      child.once('exit', (code) => resolve(end(code === 0 ? () => undefined : () => errorIn(answerFile))))
      child.once('error', ({ message }) => resolve(end(() => ({ code: 'internal', message: `The process could not be started: ${message}` }))))
    })
    function end(failureOf: () => RunFailure | undefined): RunFailure | undefined {
      if (latest.get(runId) !== child) return undefined
      latest.delete(runId)
      const failure = failureOf()
      if (failure !== undefined) failures.set(runId, failure)
      return failure
    }

    const waiting = new AbortController()
    const failure = await Promise.race([ended, untilHeld(runId, waiting.signal)]).finally(() => waiting.abort())
    if (failure !== undefined) throw new SediError(failure.code, failure.message)
  }

  async function untilHeld(runId: string, signal: AbortSignal): Promise<undefined> {
    const end = Date.now() + startMs
    while (!signal.aborted) {
      if (await store.isHeld(runId).catch(() => false)) return undefined
      if (Date.now() > end) throw new SediError('timeout', `The process of ${runId} has not begun to write the run. Look at GET /v1/runs/${runId}.`)
      await sleep(lookEveryMs)
    }
    return undefined
  }

  function assertRoom(): void {
    if (sedi === undefined)
      throw new SediError('unsupported', 'This server only shows runs: it was started without the command that carries them on. Use “sedi serve”.')
    if (latest.size >= most)
      throw new Refusal(503, 'rate-limited', `${most} runs are at work, as many as this server starts. Try again when one is done or paused.`, {
        'retry-after': '60',
      })
  }

  return {
    assertRoom,
    async start(runId, folder, options) {
      if (starting.has(runId)) throw new SediError('conflict', `The run ${runId} is being started already.`)
      assertRoom()
      const start = begin(runId, folder, options).finally(() => starting.delete(runId))
      starting.set(runId, start)
      return start
    },
    isStarting: (runId) => starting.has(runId),
    settled: async (runId) => {
      await starting.get(runId)?.catch(() => {})
    },
    lastFailure: (runId) => failures.get(runId),
  }
}

/** In a session of its own, its output in files: it needs nothing of us. */
function spawnDetached(
  command: string,
  args: readonly string[],
  { cwd, folder, answerFile }: { readonly cwd: string; readonly folder: string; readonly answerFile: string },
): ChildProcess {
  mkdirSync(folder, { recursive: true })
  rmSync(answerFile, { force: true }) // a process before may still have it open
  const answer = openSync(answerFile, 'w')
  const log = openSync(join(folder, 'process.log'), 'w')
  try {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ownVariables.includes(name)))
    const child = spawn(command, args, { cwd, env, detached: true, windowsHide: true, stdio: ['ignore', answer, log] })
    child.unref()
    return child
  } catch (error) {
    throw new SediError('internal', `The run’s process could not be started: ${toSediError(error).message}`, { cause: error })
  } finally {
    closeSync(answer)
    closeSync(log)
  }
}

/** The error that a command called with --json says on stdout; a report of a run that began and was paused or failed is none, the ledger has it. */
function errorIn(file: string): RunFailure | undefined {
  try {
    const { run, error } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly run?: string
      readonly error?: { readonly code: string; readonly message: string }
    }
    if (run !== undefined || error === undefined || !(error.code in httpStatusOf)) return undefined
    return { code: error.code as ErrorCode, message: error.message }
  } catch {
    return { code: 'internal', message: 'Its process ended without a word; process.log in the run’s folder may say more.' }
  }
}
