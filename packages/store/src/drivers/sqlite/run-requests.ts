import { type FSWatcher, mkdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunRequest } from '@sedi/spec'

/** How often the folder is looked into beside being watched: some file systems do not tell of changes. */
const lookEveryMs = 2000

const actions: readonly RunRequest['action'][] = ['cancel', 'pause']

// A folder of its own: watching the run's would wake the writer at every commit of its own.
const requestsIn = (runFolder: string): string => join(runFolder, 'requests')
const fileOf = (runFolder: string, action: RunRequest['action']): string => join(requestsIn(runFolder), `${action}.json`)

/** Leaves `requests/<action>.json` for the process that writes the run, whole or not at all. Throws what the file system throws. */
export function leaveRequest(runFolder: string, { action, session }: RunRequest): void {
  mkdirSync(requestsIn(runFolder), { recursive: true })
  const file = fileOf(runFolder, action)
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ session }))
  renameSync(`${file}.${process.pid}`, file)
}

export type RequestWatch = { close(): void }

/**
 * Calls the listener for each request to this session and removes it; at most once per action. A request to an earlier session came too
 * late: it is removed and nothing else. Where the folder cannot be watched it is looked into every two seconds.
 */
export function watchRequests(runFolder: string, session: number, listener: (action: RunRequest['action']) => void): RequestWatch {
  let watcher: FSWatcher | undefined
  const followed = new Set<RunRequest['action']>()

  function look(): void {
    for (const action of actions) {
      if (takeRequest(runFolder, action, session) === undefined || followed.has(action)) continue
      followed.add(action)
      listener(action)
    }
  }

  try {
    mkdirSync(requestsIn(runFolder), { recursive: true })
    watcher = watch(requestsIn(runFolder), { persistent: false }, look)
    watcher.on('error', () => watcher?.close())
  } catch {
    // Looking now and then is enough.
  }
  const timer = setInterval(look, lookEveryMs)
  timer.unref()
  look()
  return {
    close() {
      clearInterval(timer)
      watcher?.close()
    },
  }
}

/** Reads and removes a request; undefined when there is none for this session. One for a later session stays: it is not ours to judge. */
function takeRequest(runFolder: string, action: RunRequest['action'], session: number): RunRequest | undefined {
  const file = fileOf(runFolder, action)
  try {
    const request = { action, session: Number((JSON.parse(readFileSync(file, 'utf8')) as Partial<RunRequest> | null)?.session) }
    if (request.session > session) return undefined
    rmSync(file, { force: true })
    return request.session === session ? request : undefined
  } catch (error) {
    // Not there, the usual case; or not one of ours, which would be read again and again.
    if (error instanceof SyntaxError) rmSync(file, { force: true })
    return undefined
  }
}
