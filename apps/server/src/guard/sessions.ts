import { randomBytes } from 'node:crypto'
import { sha256 } from './token.ts'

export type Sessions = {
  /** A secret for a cookie; only its hash is kept. */
  begin(): string
  has(secret: string): boolean
  end(secret: string): void
}

export const sessionCookie = 'sedi_session'
export const sessionSeconds = 12 * 60 * 60
const mostSessions = 1000

/** Browsers that have logged in. In memory: who restarts the server logs everyone out. */
export function createSessions(clock: () => number = Date.now): Sessions {
  const endsAt = new Map<string, number>()
  const keyOf = (secret: string): string => sha256(secret).toString('hex')
  return {
    begin() {
      const [oldest] = endsAt.keys()
      if (endsAt.size >= mostSessions && oldest !== undefined) endsAt.delete(oldest)
      const secret = randomBytes(32).toString('base64url')
      endsAt.set(keyOf(secret), clock() + sessionSeconds * 1000)
      return secret
    },
    has(secret) {
      const key = keyOf(secret)
      const end = endsAt.get(key)
      if (end === undefined) return false
      if (clock() < end) return true
      endsAt.delete(key)
      return false
    },
    end: (secret) => {
      endsAt.delete(keyOf(secret))
    },
  }
}

/** The value of the session cookie in a Cookie header. */
export function sessionSecretIn(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=')
    if (part.slice(0, at).trim() === sessionCookie) return part.slice(at + 1).trim()
  }
  return undefined
}
