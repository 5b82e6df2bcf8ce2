import { once } from 'node:events'
import { SediError } from '@sedi/spec'
import type { Response } from 'express'
import { problemOf } from './problem.ts'
import type { Reply } from './route.ts'

/** Sends what a handler answered; streams no faster than they are read. */
export async function sendReply(response: Response, reply: Reply, usualStatus: number, slowReaderMs: number): Promise<void> {
  if ('chunks' in reply) return sendChunks(response, reply, slowReaderMs)
  if ('text' in reply) {
    response.status(usualStatus).set('content-type', reply.type).end(reply.text)
    return
  }
  response.status(reply.status ?? usualStatus).set(reply.headers ?? {})
  if ('json' in reply) response.json(reply.json)
  else response.end()
}

async function sendChunks(response: Response, { type, chunks }: Extract<Reply, { readonly chunks: unknown }>, slowReaderMs: number): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    let next = await iterator.next()
    response.status(200).set({ 'content-type': `${type}; charset=utf-8`, 'x-accel-buffering': 'no' })
    response.flushHeaders()
    for (; next.done !== true && !response.destroyed; next = await iterator.next()) {
      if (!response.write(next.value)) await drained(response, slowReaderMs)
    }
    response.end()
  } finally {
    await iterator.return?.()
  }
}

/** Waits until the reader has taken what it was sent; one that takes nothing for too long is let go, because what waits for it takes memory. */
async function drained(response: Response, slowReaderMs: number): Promise<void> {
  const late = AbortSignal.timeout(slowReaderMs)
  const closed = new AbortController()
  const onClose = (): void => closed.abort()
  response.once('close', onClose)
  try {
    if (!response.destroyed) await once(response, 'drain', { signal: AbortSignal.any([late, closed.signal]) })
  } catch (error) {
    response.destroy()
    throw new SediError('aborted', late.aborted ? 'The reader took nothing for too long.' : 'The reader has gone.', { cause: error })
  } finally {
    response.off('close', onClose)
  }
}

/** RFC 9457; in a stream that has begun its last line, after which the connection is cut so that nobody takes it for whole. */
export function sendProblem(response: Response, thrown: unknown): void {
  const { problem, headers } = problemOf(thrown)
  if (!response.headersSent) {
    response.status(problem.status).set(headers).type('application/problem+json').send(JSON.stringify(problem))
    return
  }
  if (response.destroyed) return
  const isRows = String(response.getHeader('content-type')).startsWith('application/x-ndjson')
  response.write(isRows ? `${JSON.stringify({ problem })}\n` : '', () => response.destroy())
}
