import { createHash, timingSafeEqual } from 'node:crypto'
import { SediError } from '@sedi/spec'

export type TokenCheck = (given: string) => boolean

const hashPattern = /^sha256:([0-9a-f]{64})$/i
const shortestToken = 16

/**
 * Compares with a token in constant time. Of the token only its SHA-256 is kept, and only that has to be given: `sha256:<64 hex digits>`,
 * so that the token itself lies nowhere on the server. Plain SHA-256, because a token is random and long; a password would need more.
 *
 * Throws `invalid-credential` for a token shorter than 16 characters.
 */
export function createTokenCheck(tokenOrHash: string): TokenCheck {
  const known = hashPattern.exec(tokenOrHash)?.[1]
  if (known === undefined && tokenOrHash.length < shortestToken)
    throw new SediError(
      'invalid-credential',
      `SEDI_API_TOKEN is too short: expected at least ${shortestToken} characters, got ${tokenOrHash.length}. Make one with: openssl rand -hex 32`,
    )
  const expected = known === undefined ? sha256(tokenOrHash) : Buffer.from(known, 'hex')
  return (given) => timingSafeEqual(sha256(given), expected)
}

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
