import type { IncomingMessage } from 'node:http'
import type { Imitation } from './imitations/imitation.ts'
import type { RequestAbout } from './open-book.ts'

/** The key of a request, '' without one. */
export function keyOf({ headers }: IncomingMessage, { keyHeader }: Imitation): string {
  const bearer = headers.authorization?.match(/^Bearer (.+)$/)?.[1] ?? ''
  if (keyHeader === undefined || keyHeader === 'authorization') return bearer
  return (headers[keyHeader] as string | undefined) ?? bearer
}

/** What the book says about a request beside its body. */
export function aboutRequest({ headers }: IncomingMessage, operation: string, imitation: string): RequestAbout {
  const text = (name: string) => (typeof headers[name] === 'string' ? headers[name] : undefined)
  return { operation, imitation, clientRequestId: text('x-client-request-id'), idempotencyKey: text('idempotency-key') }
}
