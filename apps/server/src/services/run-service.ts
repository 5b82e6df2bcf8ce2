import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import { SediError } from '@sedi/spec'
import { ownModule } from '../own-module.ts'
import { errorOf } from '../plain-error.ts'
import { Refusal } from '../problem.ts'
import type { ServiceMessage, ServiceRequest } from './service-messages.ts'

const { url, execArgv } = ownModule(import.meta.url, 'service-worker')

/**
 * The JSON lines of a service, no faster than they are taken. Ends the work when the reader stops or the signal is aborted. Throws what the
 * service throws; a refusal with status 413 when it needs more memory than it may.
 */
export async function* runService(
  request: ServiceRequest,
  { megabytes, signal }: { readonly megabytes: number; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  const worker = new Worker(url, {
    workerData: request,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
    execArgv,
  })
  try {
    for await (const [message] of on(worker, 'message', { signal, close: ['exit'] }) as AsyncIterable<[ServiceMessage]>) {
      if (message.type === 'end') return
      if (message.type === 'error') throw errorOf(message.error)
      yield message.text
      worker.postMessage('more')
    }
    throw new SediError('internal', 'The service ended without an answer.')
  } catch (error) {
    if (signal.aborted) throw new SediError('aborted', 'Whoever asked has gone.', { cause: error })
    if (isOutOfMemory(error))
      throw new Refusal(
        413,
        'invalid-input',
        `The rows need more than the ${megabytes} MB of memory that a service has here. Send fewer, or use “sedi filter” and “sedi batch”.`,
      )
    throw error
  } finally {
    await worker.terminate()
  }
}

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
