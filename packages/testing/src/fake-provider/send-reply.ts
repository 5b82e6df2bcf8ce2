import type { ServerResponse } from 'node:http'
import type { Reply } from './reply.ts'

/** Puts a reply on the wire in the way its `delivery` says. */
export function sendReply(response: ServerResponse, { status, headers, body, delivery = 'whole' }: Reply): void {
  const { socket } = response
  if (delivery === 'never' || socket === null) return
  if (delivery === 'reset-before') {
    socket.resetAndDestroy()
    return
  }
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers })
  if (delivery === 'whole') {
    response.end(bytes)
    return
  }
  // Only when the bytes have left, so that the client has headers and half a body before the end.
  response.write(bytes.subarray(0, bytes.length >> 1), () => {
    setImmediate(() => (delivery === 'reset-midway' ? socket.resetAndDestroy() : socket.end()))
  })
}
