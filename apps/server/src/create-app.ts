import { toSediError } from '@sedi/spec'
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import * as z from 'zod'
import { isVisit, serveDashboard } from './dashboard/serve-dashboard.ts'
import { assertKnown, assertOwnOrigin } from './guard/who-may-ask.ts'
import { isOurFault, mountRoutes } from './mount-routes.ts'
import { openApiOf } from './openapi.ts'
import { Refusal } from './problem.ts'
import { defineRoute, type Route } from './route.ts'
import { allRoutes } from './routes/all-routes.ts'
import { sendProblem } from './send-reply.ts'
import type { ServerContext } from './server-context.ts'

export type AppOptions = {
  readonly context: ServerContext
  /** Names under which the server may be addressed; anything else is a DNS-rebinding attempt. `undefined` when a token guards it. */
  readonly hosts: readonly string[] | undefined
  /** The folder of the built dashboard. */
  readonly dashboard: string
}

/** The HTTP API and the dashboard as an express app: who is answered, then the routes, then the page, then what went wrong. */
export function createApp({ context, hosts, dashboard }: AppOptions): Express {
  const app = express()
  const { files, page } = serveDashboard(dashboard)
  const { limits } = context
  app.set('query parser', 'simple')
  app.set('etag', false)
  app.disable('x-powered-by')
  app.use(securityHeaders)
  app.use((request, _response, next) => {
    assertOwnOrigin(request.headers, { hosts }, isVisit(request))
    next()
  })
  app.use(perMinute(limits.requestsPerMinute, 'requests'))
  app.use(files)
  app.use('/v1', (_request, response, next) => {
    response.set('cache-control', 'no-store')
    next()
  })
  const limiters = { starts: perMinute(limits.startsPerMinute, 'runs'), login: perMinute(limits.wrongTokensPerMinute, 'wrong tokens', true) }
  mountRoutes(app, [...allRoutes, openApiRoute], context, limiters)
  app.use(page)
  app.use((request: Request) => {
    if (request.path.startsWith('/v1/')) assertKnown(request.headers, context)
    throw new Refusal(404, 'not-found', `There is no ${request.method} ${request.path} here. GET /openapi.json lists what there is.`)
  })
  app.use((thrown: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (isOurFault(thrown)) context.onError(toSediError(thrown))
    sendProblem(response, thrown)
  })
  return app
}

/** Pages may only be, load and ask what this server itself serves. */
const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'"],
      'connect-src': ["'self'"],
      'form-action': ["'self'"],
      'base-uri': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  crossOriginEmbedderPolicy: true,
  xFrameOptions: { action: 'deny' },
  // Loopback has no TLS; who puts a proxy in front has it say this.
  strictTransportSecurity: false,
})

const openApiRoute: Route = defineRoute({
  id: 'openApi',
  method: 'get',
  path: '/openapi.json',
  summary: 'This description',
  open: true,
  answer: { status: 200, description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) },
  handle: () => ({ json: openApiOf([...allRoutes, openApiRoute]) }),
})

function perMinute(limit: number, what: string, onlyFailed = false): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: onlyFailed,
    handler: (_request, response) => {
      const refusal = new Refusal(429, 'rate-limited', `More than ${limit} ${what} in a minute. Wait for as long as Retry-After says.`)
      if (!response.hasHeader('retry-after')) response.set('retry-after', '60')
      sendProblem(response, refusal)
    },
  })
}
