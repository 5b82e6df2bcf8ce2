import * as z from 'zod'
import { sessionCookie, sessionSeconds, sessionSecretIn } from '../guard/sessions.ts'
import { Refusal } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import type { ServerContext } from '../server-context.ts'

const sessionSchema = z.object({ needed: z.boolean().meta({ description: 'Whether this server has a token at all.' }), loggedIn: z.boolean() })

export const sessionRoutes: readonly Route[] = [
  defineRoute({
    id: 'getSession',
    method: 'get',
    path: '/v1/session',
    summary: 'Whether a token is needed, and whether this browser has logged in',
    open: true,
    answer: { status: 200, description: 'What a page has to know before it asks for a token.', schema: sessionSchema },
    handle: ({ header }, { token, sessions }) => {
      const secret = sessionSecretIn(header('cookie'))
      return { json: { needed: token !== undefined, loggedIn: secret !== undefined && sessions.has(secret) } }
    },
  }),
  defineRoute({
    id: 'logIn',
    method: 'post',
    path: '/v1/session',
    summary: 'Log in from a browser: the token for a cookie',
    description: 'The cookie is HttpOnly and SameSite=Strict; programs send the token as a bearer token instead.',
    open: true,
    login: true,
    body: z.strictObject({ token: z.string().max(1000) }),
    answer: { status: 204, description: 'Logged in.' },
    problems: [401, 409],
    handle: ({ body }, context) => {
      if (context.token === undefined) throw new Refusal(409, 'conflict', 'This server has no token: there is nothing to log in to.')
      if (!context.token(body.token)) throw new Refusal(401, 'missing-credential', 'This is not the server’s token.')
      return { status: 204, headers: { 'set-cookie': cookie(context.sessions.begin(), sessionSeconds, context) } }
    },
  }),
  defineRoute({
    id: 'logOut',
    method: 'delete',
    path: '/v1/session',
    summary: 'Log out',
    open: true,
    answer: { status: 204, description: 'Logged out, or never was in.' },
    handle: ({ header }, context) => {
      const secret = sessionSecretIn(header('cookie'))
      if (secret !== undefined) context.sessions.end(secret)
      return { status: 204, headers: { 'set-cookie': cookie('', 0, context) } }
    },
  }),
]

const cookie = (value: string, seconds: number, { secureCookies }: Pick<ServerContext, 'secureCookies'>): string =>
  `${sessionCookie}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secureCookies ? '; Secure' : ''}`
