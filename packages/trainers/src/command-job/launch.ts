import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { hostname, uptime } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type CallOptions, SediError } from '@sedi/spec'
import * as z from 'zod'
import type { JobFiles } from '../python-job/job-files.ts'
import { pythonEnvironment } from '../python-job/processes.ts'
import { readIfPresent, writeFileAtomically } from '../storage.ts'

const launchSchema = z.object({
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  pid: z.int().optional(),
  host: z.string(),
  cancelled: z.boolean().optional(),
  /** How the command ended, where we were there to see it. */
  exit: z.object({ code: z.int().nullable(), signal: z.string().nullable(), at: z.number(), error: z.string().optional() }).optional(),
})

/** What we know of the command of a job, on disk beside what the program says: `command.json`, written by us only. */
export type Launch = z.output<typeof launchSchema>

const launchFile = (files: JobFiles): string => join(files.folder, 'command.json')

/** Undefined for a job that was never started. */
export function readLaunch(files: JobFiles): Launch | undefined {
  const bytes = readIfPresent(launchFile(files))
  return bytes === undefined ? undefined : launchSchema.parse(JSON.parse(bytes.toString('utf8')))
}

const writeLaunch = (files: JobFiles, launch: Launch): void => writeFileAtomically(launchFile(files), `${JSON.stringify(launch)}\n`)

export function markCancelled(files: JobFiles): void {
  const launch = readLaunch(files)
  if (launch !== undefined) writeLaunch(files, { ...launch, cancelled: true })
}

export type Command = { readonly argv: readonly string[]; readonly keys: readonly string[] }

/** `{folder}` and `{jobName}` in any word of the command; no shell looks at it. */
export const fillIn = (argv: readonly string[], { folder }: JobFiles, jobName: string): string[] =>
  argv.map((word) => word.replaceAll('{folder}', folder).replaceAll('{jobName}', jobName))

/** Starts a job's command in a session of its own: it goes on when this process ends, and Ctrl-C does not reach it. */
export function launch({ argv, keys }: Command, files: JobFiles): ChildProcess {
  const [program, ...parameters] = argv as [string, ...string[]]
  const output = openSync(files.output, 'a')
  const started: Launch = { startedAt: Date.now(), host: hostname() }
  // Before the start: a job that may have begun is never taken for one that has not.
  writeLaunch(files, started)
  try {
    const child = spawn(program, parameters, { detached: true, stdio: ['ignore', output, output], env: pythonEnvironment(keys) })
    const { pid } = child
    if (pid !== undefined) writeLaunch(files, { ...started, pid })
    const end = (code: number | null, signal: string | null, error?: string): void => {
      const now = readLaunch(files)
      // The job may have been started again since.
      if (now?.pid === pid && now?.startedAt === started.startedAt) {
        writeLaunch(files, { ...now, exit: { code, signal, at: Date.now(), ...(error === undefined ? {} : { error }) } })
      }
    }
    child.once('exit', (code, signal) => end(code, signal))
    child.once('error', (error) => end(null, null, `${program} cannot be started: ${error.message}`))
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

/** Runs a command to its end. Throws `provider-response` with what it printed when it fails. */
export function runToEnd({ argv, keys }: Command, { signal }: CallOptions): Promise<void> {
  const [program, ...parameters] = argv as [string, ...string[]]
  return new Promise((resolve, reject) => {
    const options = { env: pythonEnvironment(keys), timeout: 60_000, ...(signal === undefined ? {} : { signal }) }
    execFile(program, parameters, options, (error, stdout, stderr) => {
      if (error === null) resolve()
      else if (signal?.aborted) reject(new SediError('aborted', 'The call to the trainer was aborted.', { cause: signal.reason }))
      else
        reject(
          new SediError('provider-response', `“${argv.join(' ')}” failed: ${error.message.split('\n')[0]}. It said last: ${lastWords(`${stdout}${stderr}`)}`),
        )
    })
  })
}

const lastWords = (text: string): string => text.trim().slice(-1000) || 'nothing'

const patienceMs = 5000

/** Ends the command and what it started on this machine. Throws `unsupported` where it runs on another one. */
export async function endLaunch({ pid, host, startedAt }: Launch): Promise<void> {
  // Numbers of processes begin anew when a machine does.
  if (pid === undefined || (host === hostname() && startedAt < Date.now() - uptime() * 1000)) return
  if (host !== hostname()) {
    throw new SediError('unsupported', `The job’s command was started on ${host}; it can be ended there only. Or set trainer.cancelCommand.`)
  }
  const group = process.platform === 'win32' ? pid : -pid
  if (!send(group, 'SIGTERM')) return
  for (const until = Date.now() + patienceMs; Date.now() < until; await wait(20)) if (!send(group, 0)) return
  send(group, 'SIGKILL')
}

/** Whether there was anybody to send it to. */
function send(to: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(to, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}
