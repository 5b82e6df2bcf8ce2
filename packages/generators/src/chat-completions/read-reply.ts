import { assembleStream } from './assemble-stream.ts'
import type { Connection } from './connect.ts'

export type Reply = {
  /** Parsed JSON in the shape of a completion, a text that is no JSON, or `undefined` for an empty body. */
  readonly body: unknown
  readonly warnings: readonly string[]
}

export type StreamReader = {
  readonly connection: Pick<Connection, 'client' | 'Stream'>
  /** Called with every piece of a stream that arrives, from its first words on. */
  readonly onProgress: () => void
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/**
 * The body of a 2xx reply, streamed or not: some servers stream unasked, others answer whole when asked to stream. Throws what the body
 * breaks with: a raw TypeError (cut off), a SyntaxError (no JSON although it begins like it), an APIError (an error in the stream).
 */
export async function readReply(response: Response, reader: StreamReader): Promise<Reply> {
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('text/event-stream')) return assembleStream(response, reader)
  const text = await response.text()
  if (text.trim() === '') return { body: undefined, warnings: [] }
  const body: unknown = type.includes('json') || /^\s*[{[]/.test(text) ? JSON.parse(text) : text
  return { body, warnings: [] }
}
