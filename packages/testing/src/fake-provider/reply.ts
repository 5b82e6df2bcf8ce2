/** What goes over the wire, as data. */
export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as it is; JSON unless the headers say otherwise. A list is sent piece by piece, each in a packet of its own. */
  readonly body: Body
  readonly delivery?: Delivery | undefined
}

export type Body = string | Uint8Array | readonly (string | Uint8Array)[]

/**
 * - `whole`: as it should be.
 * - `reset-before`: the request was read, the connection is reset before any byte of the reply.
 * - `close-before`: the same with an orderly end.
 * - `outage`: reset, and for a moment nobody takes new connections.
 * - `reset-midway`: reset after half the body.
 * - `cut-short`: half the body, then an orderly end; the content-length promised the whole.
 * - `too-long`: the content-length promises half of what is sent.
 * - `stall-midway`: half the body, then silence on an open connection.
 * - `stall-first`: the first piece, then silence.
 * - `comments`: an event stream's comments, ten a second, and nothing else.
 * - `drip`: one byte a second.
 * - `padded`: empty lines for half a second, then the body.
 * - `doom`: as it should be, but the connection is reset when the next request comes on it.
 * - `never`: nothing is sent, the connection stays open.
 */
export type Delivery =
  | 'whole'
  | 'reset-before'
  | 'close-before'
  | 'outage'
  | 'reset-midway'
  | 'cut-short'
  | 'too-long'
  | 'stall-midway'
  | 'stall-first'
  | 'comments'
  | 'drip'
  | 'padded'
  | 'doom'
  | 'never'

/** A JSON reply. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: JSON.stringify(value), headers }
}

/** A refusal in the words OpenAI uses; an imitation puts them into its own envelope. */
export type ErrorWords = {
  readonly status: number
  readonly message: string
  /** @default 'invalid_request_error' */
  readonly type?: string | undefined
  readonly param?: string | null | undefined
  readonly code?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** OpenAI's envelope: `{ error: { message, type, param, code } }`. */
export function openAiErrorBody({ message, type = 'invalid_request_error', param = null, code = null }: ErrorWords): unknown {
  return { error: { message, type, param, code } }
}

/** An error in OpenAI's shape. */
export function errorReply(status: number, message: string, fields: Omit<ErrorWords, 'status' | 'message'> = {}): Reply {
  const words = { status, message, ...fields }
  return jsonReply(status, openAiErrorBody(words), words.headers)
}
