/** What goes over the wire, as data. */
export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as it is; JSON unless the headers say otherwise. */
  readonly body: string
  readonly delivery?: Delivery | undefined
}

/**
 * - `whole`: as it should be.
 * - `reset-before`: the request was read, the connection is reset before any byte of the reply.
 * - `reset-midway`: reset after half the body.
 * - `cut-short`: half the body, then an orderly end; the content-length promised the whole.
 * - `never`: nothing is sent, the connection stays open.
 */
export type Delivery = 'whole' | 'reset-before' | 'reset-midway' | 'cut-short' | 'never'

/** A JSON reply. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, body: JSON.stringify(value), headers }
}

export type OpenAiErrorFields = {
  readonly type?: string
  readonly param?: string | null
  readonly code?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** An error in OpenAI's shape. */
export function errorReply(
  status: number,
  message: string,
  { type = 'invalid_request_error', param = null, code = null, headers = {} }: OpenAiErrorFields = {},
): Reply {
  return jsonReply(status, { error: { message, type, param, code } }, headers)
}
