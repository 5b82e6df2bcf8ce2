import { createHash, timingSafeEqual } from 'node:crypto'
import { softwareVersion } from '@sedi/kit'
import { type RunStore, SediError, toSediError } from '@sedi/spec'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { listRuns } from './handlers/runs.ts'
import { httpStatusOf } from './http-status.ts'

export type AppOptions = {
  readonly store: RunStore
  /** Every request to /v1 must carry it as a bearer token; undefined only on loopback. */
  readonly token: string | undefined
  /** Names under which the server may be addressed; anything else is a DNS-rebinding attempt. `undefined` when a token guards it. */
  readonly allowedHosts: readonly string[] | undefined
}

/** The HTTP API as an express app; routes are thin, the work is in handlers/. */
export function createApp({ store, token, allowedHosts }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use((request, _response, next) => next(hostProblem(request, allowedHosts)))
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', version: softwareVersion })
  })
  app.use('/v1', (request, _response, next) => next(tokenProblem(request, token)))
  app.get('/v1/runs', async (_request, response) => {
    response.json(await listRuns(store))
  })
  app.use((request: Request) => {
    throw new SediError('not-found', `There is no ${request.method} ${request.path} here.`)
  })
  app.use(sendProblem)
  return app
}

function hostProblem(request: Request, allowedHosts: readonly string[] | undefined): SediError | undefined {
  if (allowedHosts === undefined) return undefined
  const { host, origin } = request.headers
  const foreignOrigin = origin !== undefined && !allowedHosts.some((allowed) => origin === `http://${allowed}`)
  if (host !== undefined && allowedHosts.includes(host) && !foreignOrigin) return undefined
  return new SediError('invalid-credential', `This server answers only to ${allowedHosts.join(', ')}.`)
}

function tokenProblem(request: Request, token: string | undefined): SediError | undefined {
  if (token === undefined || sameText(request.headers.authorization ?? '', `Bearer ${token}`)) return undefined
  return new SediError('missing-credential', 'Send the server’s token: Authorization: Bearer …')
}

/** Takes the same time wherever and whether the texts differ. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

/** RFC 9457. */
function sendProblem(thrown: unknown, _request: Request, response: Response, _next: NextFunction): void {
  const error = toSediError(thrown)
  const status = error.code === 'missing-credential' ? 401 : error.code === 'invalid-credential' ? 403 : httpStatusOf[error.code]
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: error.code, status, detail: error.message, code: error.code }))
}
