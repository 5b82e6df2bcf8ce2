import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { SediError } from '@sedi/spec'
import { ownModule } from '../own-module.ts'
import { errorOf } from '../plain-error.ts'
import type { ViewName, ViewReply, ViewRequest, ViewSettings, Views } from './view-messages.ts'

const { url, execArgv } = ownModule(import.meta.url, 'view-worker')

export type ViewThread = {
  /** What a page shows of a run. Throws what the ledger throws. */
  ask<N extends ViewName>(view: N, ask: Views[N]['ask']): Promise<Views[N]['answer']>
  close(): Promise<void>
}

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: SediError) => void }

type Thread = { readonly worker: Worker; readonly waiting: Map<number, Waiting> }

/** One thread for all runs, begun when it is first needed; one that died is replaced at the next question. */
export function createViewThread(settings: ViewSettings): ViewThread {
  let thread: Thread | undefined
  let asked = 0
  let closed = false

  function start(): Thread {
    const worker = new Worker(url, { workerData: settings, execArgv })
    const waiting = new Map<number, Waiting>()
    const started: Thread = { worker, waiting }
    worker.on('message', (reply: ViewReply) => {
      const who = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (waiting.size === 0) worker.unref()
      if (reply.ok) who?.resolve(reply.value)
      else who?.reject(errorOf(reply.error))
    })
    const fail = (why: unknown): void => {
      if (thread === started) thread = undefined
      const error = closed
        ? new SediError('aborted', 'The server is stopping.')
        : new SediError('internal', 'The thread that reads ledgers has ended. Ask again.', { cause: why })
      for (const who of waiting.values()) who.reject(error)
      waiting.clear()
    }
    worker.on('error', fail)
    worker.on('exit', (code) => fail(new Error(`exit code ${code}`)))
    return started
  }

  return {
    ask(view, ask) {
      if (closed) return Promise.reject(new SediError('aborted', 'The server is stopping.'))
      thread ??= start()
      const { worker, waiting } = thread
      const id = ++asked
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
        worker.ref()
        worker.postMessage({ id, view, ask } as ViewRequest)
      })
    },
    async close() {
      closed = true
      if (thread === undefined) return
      // Ended from outside while it has a database open, a thread can take the process with it: it is asked to end, and given some seconds.
      const { worker } = thread
      const ended = once(worker, 'exit').catch(() => {})
      worker.ref()
      worker.postMessage('close')
      const late = setTimeout(() => void worker.terminate(), 5_000)
      await ended
      clearTimeout(late)
    },
  }
}
