import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

/** A refusal in the hub's form: a status, `{ "error": … }`, and `X-Error-Code` where clients look at it. */
export class Refusal extends Error {
  readonly status: number
  readonly errorCode: string | undefined

  constructor(status: number, message: string, errorCode?: string) {
    super(message)
    this.status = status
    this.errorCode = errorCode
  }
}

export type Answer = {
  readonly status?: number | undefined
  /** An object goes out as JSON, bytes as they are. */
  readonly body?: object | Buffer | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export type Asked = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export async function readRequest(request: IncomingMessage): Promise<Asked> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://hub')
  const path = decodeURIComponent(pathname)
  return { method: request.method ?? 'GET', path, query: searchParams, headers: request.headers, body: await buffer(request) }
}

/** The body as JSON. Refuses keys that the hub does not know: a client that sends them means something that would not happen. */
export function readJson(asked: Asked, known: readonly string[]): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(asked.body.toString('utf8'))
  } catch {
    throw new Refusal(400, 'Invalid JSON body')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(400, 'Expected a JSON object')
  const strange = Object.keys(value).filter((key) => !known.includes(key))
  if (strange.length > 0) throw new Refusal(400, `Unrecognized keys: ${strange.join(', ')}`)
  return value as Record<string, unknown>
}

export function send(response: ServerResponse, method: string, { status = 200, body, headers = {} }: Answer): void {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const type = body === undefined || Buffer.isBuffer(body) ? {} : { 'content-type': 'application/json; charset=utf-8' }
  response.writeHead(status, { ...type, 'content-length': String(bytes.length), ...headers })
  response.end(method === 'HEAD' ? undefined : bytes)
}

export const refusalAnswer = ({ status, message, errorCode }: Refusal): Answer => ({
  status,
  body: { error: message },
  headers: { 'x-error-message': message, ...(errorCode === undefined ? {} : { 'x-error-code': errorCode }) },
})
