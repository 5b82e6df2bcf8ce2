import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export type PlainRequest = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly signal: AbortSignal
}

export type PlainReply = { readonly status: number; readonly text: string }

/**
 * One request without the headers that `fetch` adds: Ray takes whoever sends `Sec-Fetch-Mode` for a browser, and answers 405 to what it posts.
 * Redirects are not followed. Throws what the network throws, or the signal's reason.
 */
export function plainRequest(url: string, { method, headers, body, signal }: PlainRequest): Promise<PlainReply> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : error)
    const send = url.startsWith('https:') ? requestHttps : requestHttp
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = send(url, { method, headers: { ...headers, ...length }, signal }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.once('error', fail)
    })
    sent.once('error', fail)
    sent.end(body)
  })
}
