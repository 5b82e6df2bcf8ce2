import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Body, Delivery, Reply } from './reply.ts'

const paddingMs = 100
const commentMs = 100
const dripMs = 1_000

/** What a delivery does to more than its own reply. */
export type Wire = {
  /** Nobody is listening for a moment. */
  goOffline(): void
  /** The next request on this connection meets a reset. */
  doom(socket: Socket): void
}

/** Puts a reply on the wire in the way its `delivery` says. */
export function sendReply(response: ServerResponse, { status, headers, body, delivery = 'whole' }: Reply, wire: Wire): void {
  const { socket } = response
  if (delivery === 'never' || socket === null) return
  if (isNoReply(delivery)) {
    if (delivery === 'close-before') socket.end()
    else socket.resetAndDestroy()
    if (delivery === 'outage') wire.goOffline()
    return
  }
  if (delivery === 'doom') wire.doom(socket)
  const pieces = piecesOf(body)
  const bytes = Buffer.concat(pieces)
  const hasLength = !Array.isArray(body) && delivery !== 'padded'
  const length = delivery === 'too-long' ? bytes.length >> 1 : bytes.length
  response.writeHead(status, { 'content-type': 'application/json', ...(hasLength ? { 'content-length': length } : {}), ...headers })
  senders[delivery](response, pieces, bytes, socket)
}

type NoReply = 'reset-before' | 'close-before' | 'outage'
type Sender = (response: ServerResponse, pieces: readonly Buffer[], bytes: Buffer, socket: Socket) => void

function isNoReply(delivery: Delivery): delivery is NoReply {
  return delivery === 'reset-before' || delivery === 'close-before' || delivery === 'outage'
}

/** How what comes after the headers is sent. */
const senders: Readonly<Record<Exclude<Delivery, NoReply | 'never'>, Sender>> = {
  whole: sendAll,
  doom: sendAll,
  'reset-midway': (response, _, bytes, socket) => sendHalf(response, bytes, () => socket.resetAndDestroy()),
  'cut-short': (response, _, bytes, socket) => sendHalf(response, bytes, () => socket.end()),
  // Past the promise only the connection can carry it.
  'too-long': (response, _, bytes, socket) => void response.write(bytes, () => socket.end()),
  'stall-midway': (response, _, bytes) => sendHalf(response, bytes),
  'stall-first': (response, pieces) => void response.write(pieces[0]),
  comments: (response) => repeat(response, commentMs, () => void response.write(': keep-alive\n\n')),
  drip(response, _, bytes) {
    let sent = 0
    repeat(response, dripMs, () => void (sent < bytes.length ? response.write(bytes.subarray(sent, ++sent)) : response.end()))
  },
  padded(response, pieces) {
    let lines = 0
    repeat(response, paddingMs, (stop) => {
      if (++lines < 5) return void response.write('\n')
      stop()
      void sendAll(response, pieces)
    })
  },
}

function piecesOf(body: Body): Buffer[] {
  const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : body
  return pieces.map((piece) => Buffer.from(piece as string))
}

/** Half the bytes, which never completes a stream's last piece; then whatever happens, when they have left: the client has headers and half a body. */
function sendHalf(response: ServerResponse, bytes: Buffer, then: () => void = () => {}): void {
  response.write(bytes.subarray(0, bytes.length >> 1), () => setImmediate(then))
}

async function sendAll(response: ServerResponse, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces.slice(0, -1)) {
    if (response.destroyed) return
    // The callback comes when the piece has gone to the system; without it they would leave as one.
    await new Promise((resolve) => response.write(piece, resolve))
  }
  response.end(pieces.at(-1))
}

/** Until stopped, or the connection is gone. */
function repeat(response: ServerResponse, everyMs: number, act: (stop: () => void) => void): void {
  const timer = setInterval(() => act(() => clearInterval(timer)), everyMs)
  response.once('close', () => clearInterval(timer))
}
