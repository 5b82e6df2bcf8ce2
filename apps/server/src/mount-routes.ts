import { type Issue, issuesError, SediError, toSediError } from '@sedi/spec'
import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import type * as z from 'zod'
import { assertKnown } from './guard/who-may-ask.ts'
import { Refusal } from './problem.ts'
import type { Route, RouteInput } from './route.ts'
import { sendProblem, sendReply } from './send-reply.ts'
import type { ServerContext } from './server-context.ts'

export type RouteLimiters = { readonly starts: RequestHandler; readonly login: RequestHandler }

const deepest = 64

/** Puts routes into an express app: who may ask, what they may send, the handler, the answer. */
export function mountRoutes(app: Express, routes: readonly Route[], context: ServerContext, { starts, login }: RouteLimiters): void {
  const parse = express.json({ limit: context.limits.bodyBytes, strict: true, type: () => true })
  for (const route of routes) {
    const guards: RequestHandler[] = [
      ...(route.open ? [] : [known(context)]),
      ...(route.starts ? [starts] : []),
      ...(route.login ? [login] : []),
      contentTypeGuard(route),
      ...(route.body === undefined ? [] : [parse]),
    ]
    app[route.method](expressPath(route.path), ...guards, (request, response) => answer(route, request, response, context))
  }
  for (const [path, methods] of Map.groupBy(routes, ({ path }) => path)) {
    const allowed = methods.map(({ method }) => method.toUpperCase()).join(', ')
    app.all(expressPath(path), (request) => {
      throw new Refusal(405, 'unsupported', `${request.method} is not possible here; expected ${allowed}.`, { allow: allowed })
    })
  }
}

/** Refuses who is not known. */
const known =
  (context: ServerContext): RequestHandler =>
  (request, _response, next) => {
    assertKnown(request.headers, context)
    next()
  }

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** A browser asks its user's server before it sends these for a page of another site. So an empty body must say what it is as well. */
function contentTypeGuard({ method, upload }: Route): RequestHandler {
  const types = upload ? ['application/x-ndjson', 'application/jsonl', 'application/ndjson', 'application/json-lines'] : ['application/json']
  return (request, _response, next) => {
    const [given] = (request.headers['content-type'] ?? '').split(';')
    if (method === 'post' && !types.includes(given!.trim().toLowerCase()))
      throw new Refusal(
        415,
        'invalid-input',
        `Expected a body of type ${types[0]}, got ${given === '' ? 'none' : `“${given}”`}. Send the header Content-Type: ${types[0]}.`,
      )
    next()
  }
}

async function answer(route: Route, request: Request, response: Response, context: ServerContext): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    const input: RouteInput<unknown, unknown, unknown> = {
      params: checked(route.params, request.params, 'path'),
      query: checked(route.query, request.query, 'query'),
      body: checked(route.body, shallow(request.body ?? {}), 'body'),
      upload: request,
      header: (name) => {
        const value = request.headers[name]
        return Array.isArray(value) ? value[0] : value
      },
      gone: AbortSignal.any([gone.signal, context.cutting]),
    }
    await sendReply(response, await route.handle(input as Parameters<Route['handle']>[0], context), route.answer.status, context.limits.slowReaderMs)
  } catch (error) {
    if (gone.signal.aborted) return
    if (!response.headersSent) throw error
    if (isOurFault(error)) context.onError(toSediError(error))
    sendProblem(response, error)
  }
}

/** Throws `invalid-input` with every issue. Without a schema nothing may be given. */
function checked(schema: z.ZodType | undefined, given: unknown, place: 'path' | 'query' | 'body'): unknown {
  if (schema === undefined) {
    const [name] = Object.keys(given as object)
    if (name === undefined || place === 'path') return {}
    throw issuesError('invalid-input', `The request’s ${place} is not as expected:`, [
      { path: `${place}.${name}`, code: 'unrecognized_keys', message: 'there is no such name here' },
    ])
  }
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const issues: Issue[] = result.error.issues.map(({ path, code, message }) => ({ path: [place, ...path.map(String)].join('.'), code, message }))
  throw issuesError('invalid-input', `The request’s ${place} is not as expected:`, issues)
}

/** What looks at a body goes down into it step by step; none that makes sense is as deep as one that was made to break this. */
function shallow(value: unknown, depth = 0): unknown {
  if (depth > deepest) throw new Refusal(400, 'invalid-input', `The body is nested more than ${deepest} levels deep.`)
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) shallow(inner, depth + 1)
  return value
}

/** For the log: what is a defect of ours, or of the machine. */
export function isOurFault(error: unknown): boolean {
  if (error instanceof Refusal || (typeof error === 'object' && error !== null && 'status' in error && !SediError.is(error))) return false
  const { code } = toSediError(error)
  return code === 'internal' || code === 'storage'
}
