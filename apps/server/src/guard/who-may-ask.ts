import type { IncomingHttpHeaders } from 'node:http'
import { Refusal } from '../problem.ts'
import { type Sessions, sessionSecretIn } from './sessions.ts'
import type { TokenCheck } from './token.ts'

export type Guard = {
  /** Names under which the server may be addressed; anything else is a DNS-rebinding attempt. `undefined` when a token guards it. */
  readonly hosts: readonly string[] | undefined
  readonly token: TokenCheck | undefined
  readonly sessions: Sessions
}

/**
 * Refuses requests that a page of another site made a browser send: addressed to another name than the server's (DNS rebinding), from
 * another origin, or said by the browser to come from another site. Only `visit`, the opening of one of our pages in a window of its own, may
 * have begun on another site: a link in a message. It changes nothing, and nobody else can read or frame what comes.
 */
export function assertOwnOrigin({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders, { hosts }: Pick<Guard, 'hosts'>, visit = false): void {
  if (hosts !== undefined && (host === undefined || !hosts.includes(host)))
    throw new Refusal(403, 'invalid-credential', `This server answers only to ${hosts.join(', ')}.`)
  const own = hosts ?? (host === undefined ? [] : [host])
  const sameOrigin = origin === undefined || own.some((name) => origin === `http://${name}` || (hosts === undefined && origin === `https://${name}`))
  if (!sameOrigin || (!visit && (site === 'cross-site' || site === 'same-site')))
    throw new Refusal(403, 'invalid-credential', 'This server answers no pages of other sites.')
}

/** Throws a refusal with status 401 without the token, or a session begun with it. */
export function assertKnown({ authorization, cookie }: IncomingHttpHeaders, { token, sessions }: Pick<Guard, 'token' | 'sessions'>): void {
  if (token === undefined) return
  const bearer = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
  if (bearer !== undefined && token(bearer)) return
  const secret = sessionSecretIn(cookie)
  if (bearer === undefined && secret !== undefined && sessions.has(secret)) return
  throw new Refusal(401, 'missing-credential', 'Send the server’s token (Authorization: Bearer …), or log in with POST /v1/session.', {
    'www-authenticate': 'Bearer realm="sedi"',
  })
}
