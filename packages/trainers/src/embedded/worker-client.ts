import { Worker } from 'node:worker_threads'
import { SediError } from '@sedi/spec'
import { type Failure, outOfMemory } from './failure.ts'
import type { FromWorker, Question, ToWorker } from './protocol.ts'

/** The main thread's end of the worker thread, which starts with the first message and, after a crash, with the next one. */
export interface WorkerClient {
  post(message: ToWorker): void
  /** Rejects with the worker's error, with `aborted`, or with `internal` when the worker dies first. */
  ask<T>(question: Question, signal?: AbortSignal | undefined): Promise<T>
  /** While held the worker keeps the process alive; a client that is not held, and of whom nothing is asked, does not. */
  hold(): void
  release(): void
  /** Ends the thread, and with it all that it has compiled, unless it is held or asked something; the next message starts another. */
  retire(): void
  /** Stops the thread at once, whatever it does. */
  close(): Promise<void>
}

export type WorkerEvents = {
  readonly onMessage: (message: Exclude<FromWorker, { readonly request: number }>) => void
  /** The thread died without being asked to. */
  readonly onCrash: (failure: Failure) => void
}

type Pending = { readonly resolve: (value: never) => void; readonly reject: (error: unknown) => void }

export function createWorkerClient(events: WorkerEvents, url: URL = workerUrl()): WorkerClient {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let requests = 0
  let holds = 0

  const refresh = (): void => (holds + pending.size > 0 ? worker?.ref() : worker?.unref())

  function settle(request: number): Pending | undefined {
    const found = pending.get(request)
    pending.delete(request)
    refresh()
    return found
  }

  function receive(message: FromWorker): void {
    if (message.type === 'answer') settle(message.request)?.resolve(message.value as never)
    else if (message.type === 'refusal') settle(message.request)?.reject(new SediError(message.error.code, message.error.message))
    else events.onMessage(message)
  }

  /** Forgets a worker that died or was stopped, and fails what waited for it. */
  function lose(reason: string): void {
    worker = undefined
    const waiting = [...pending.values()]
    pending.clear()
    for (const { reject } of waiting) reject(new SediError('internal', reason))
  }

  function start(): Worker {
    const created = new Worker(url, url.pathname.endsWith('.ts') ? { execArgv: ['--conditions=@sedi/source'] } : {})
    let failure: Failure = { error: 'it ended by itself', errorCode: 'worker-crashed' }
    created.on('message', (message: FromWorker) => {
      if (worker === created) receive(message) // not the last words of a worker that was stopped
    })
    created.on('error', (error) => {
      failure = describeCrash(error)
    })
    created.on('exit', () => {
      if (worker !== created) return // stopped by close()
      const error = `The embedded trainer's worker thread stopped: ${failure.error}`
      lose(error)
      events.onCrash({ ...failure, error })
    })
    return created
  }

  function running(): Worker {
    worker ??= start()
    refresh()
    return worker
  }

  return {
    post: (message) => running().postMessage(message),
    ask(question, signal) {
      if (signal?.aborted) return Promise.reject(abortedError(signal))
      const request = ++requests
      return new Promise((resolve, reject) => {
        const giveUp = (): void => {
          worker?.postMessage({ type: 'abandon', request } satisfies ToWorker)
          settle(request)?.reject(abortedError(signal!))
        }
        const finish = <T>(end: (value: T) => void) => {
          return (value: T): void => {
            signal?.removeEventListener('abort', giveUp)
            end(value)
          }
        }
        signal?.addEventListener('abort', giveUp, { once: true })
        pending.set(request, { resolve: finish(resolve), reject: finish(reject) })
        running().postMessage({ type: 'ask', request, question } satisfies ToWorker)
      })
    },
    hold() {
      holds++
      refresh()
    },
    release() {
      holds--
      refresh()
    },
    retire() {
      if (holds + pending.size > 0) return
      const retired = worker
      worker = undefined
      void retired?.terminate()
    },
    async close() {
      const stopped = worker
      lose('The embedded trainer was closed.')
      await stopped?.terminate()
    },
  }
}

export function abortedError(signal: AbortSignal): SediError {
  return new SediError('aborted', 'The call was aborted.', { cause: signal.reason })
}

function describeCrash(thrown: Error & { readonly code?: string }): Failure {
  if (thrown.message.startsWith(outOfMemory)) return { error: thrown.message, errorCode: 'out-of-memory' }
  if (thrown.code === 'ERR_WORKER_OUT_OF_MEMORY') return { error: `${outOfMemory} (${thrown.message})`, errorCode: 'out-of-memory' }
  return { error: thrown.message, errorCode: 'worker-crashed' }
}

/** The worker beside this file: TypeScript when run from the sources, JavaScript when run from `dist`. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)
}
