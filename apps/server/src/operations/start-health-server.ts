import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SediError } from '@sedi/spec'
import { isLoopback, loopbackNames, urlOf } from '../guard/loopback.ts'
import { createSessions } from '../guard/sessions.ts'
import { createTokenCheck } from '../guard/token.ts'
import { assertKnown, assertOwnOrigin } from '../guard/who-may-ask.ts'
import { problemOf, Refusal } from '../problem.ts'
import type { Health } from './health.ts'
import { prometheusType } from './prometheus.ts'

export type HealthServerOptions = {
  /** 0 takes a free one. */
  readonly port: number
  /** @default 127.0.0.1 */
  readonly host?: string | undefined
  /** What who asks for metrics must send. Without one they are told on loopback only; health is told to anybody. */
  readonly token?: string | undefined
  readonly health: Health
  readonly metrics: () => Promise<string>
}

export type HealthServer = { readonly url: string; close(): Promise<void> }

type Reply = { readonly status: number; readonly type: string; readonly text: string; readonly headers?: Readonly<Record<string, string>> }

/** `/healthz`, `/readyz` and `/metrics` as the API has them, for a process that has no API. */
export async function startHealthServer({ port, host = '127.0.0.1', health, metrics, ...options }: HealthServerOptions): Promise<HealthServer> {
  const token = options.token === undefined || options.token === '' ? undefined : createTokenCheck(options.token)
  const guard = { token, sessions: createSessions() }
  let names: readonly string[] | undefined

  async function answer({ url = '', method, headers }: IncomingMessage): Promise<Reply> {
    assertOwnOrigin(headers, { hosts: token === undefined && isLoopback(host) ? names : undefined })
    const [path] = url.split('?')
    if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'unsupported', `${method} is not possible here; expected GET.`, { allow: 'GET, HEAD' })
    if (path === '/healthz') return json(200, health.alive())
    if (path === '/readyz') {
      const ready = await health.ready()
      return json(ready.status === 'ready' ? 200 : 503, ready)
    }
    if (path !== '/metrics') throw new Refusal(404, 'not-found', `There is no ${path} here; there are /healthz, /readyz and /metrics.`)
    if (token === undefined && !isLoopback(host)) {
      throw new Refusal(
        401,
        'missing-credential',
        'Metrics are told to other machines only with a token: start the worker with SEDI_API_TOKEN, and send it as a bearer token.',
      )
    }
    assertKnown(headers, guard)
    return { status: 200, type: prometheusType, text: await metrics() }
  }

  const server = createServer((request, response) => {
    void answer(request)
      .catch(replyOf)
      .then(({ status, type, text, headers = {} }) => response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(text))
  })
  server.requestTimeout = 10_000
  server.maxConnections = 100
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new SediError('invalid-config', `Cannot listen on ${host}:${port}: ${cause.message}. Choose another port with --health-port.`, { cause }))
    })
    server.listen(port, host, resolve)
  })
  const actual = (server.address() as AddressInfo).port
  names = loopbackNames(actual)
  return {
    url: urlOf(host, actual),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const json = (status: number, value: object): Reply => ({ status, type: 'application/json; charset=utf-8', text: JSON.stringify(value) })

function replyOf(thrown: unknown): Reply {
  const { problem, headers } = problemOf(thrown)
  return { status: problem.status, type: 'application/problem+json', text: JSON.stringify(problem), headers }
}
