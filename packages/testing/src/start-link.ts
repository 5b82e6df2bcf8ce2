import { type AddressInfo, createServer, connect as openSocket, type Socket } from 'node:net'

export type Direction = 'to-server' | 'to-client'

/** What becomes of a chunk: passed on, the link cut instead of that, or passed on and the link cut after it. */
export type Verdict = 'pass' | 'cut' | 'pass-then-cut'

/** A stretch of network between clients and a server on this machine, which can be disturbed. */
export type Link = {
  readonly port: number
  /** Ends every connection now, as a broken line with a reset does. New ones may be made at once. */
  cut(): void
  /** While stalled nothing passes and nobody is told, as in a line that swallows everything; new connections are made and stay silent. */
  stall(stalled: boolean): void
  /** Every chunk is late by what this returns, in milliseconds; order stays. Undefined: none is. */
  delay(delayMs: (() => number) | undefined): void
  /** No more than so many bytes a second pass each way, all connections together, as through a thin line; undefined: as many as come. */
  throttle(bytesPerSecond: number | undefined): void
  /** Decides about each chunk that comes; undefined: all pass. */
  watch(decide: ((chunk: Buffer, direction: Direction) => Verdict) | undefined): void
  /** Connections made and cut so far. */
  counts(): { readonly connections: number; readonly cuts: number }
  close(): Promise<void>
}

/** Starts a link on a free loopback port to a server on another one. */
export async function startLink(toPort: number): Promise<Link> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>()
  let decide: ((chunk: Buffer, direction: Direction) => Verdict) | undefined
  let delayMs: (() => number) | undefined
  let bytesPerSecond: number | undefined
  /** When the line has passed on all it was given, by `performance.now()`. */
  const freeAt: Record<Direction, number> = { 'to-server': 0, 'to-client': 0 }
  let stalled = false
  let connections = 0
  let cuts = 0

  const listener = createServer((client) => {
    const server = openSocket(toPort, '127.0.0.1')
    // As database drivers do: Nagle's algorithm, waiting for delayed acknowledgements, would cost 40 ms for each statement.
    for (const socket of [client, server]) socket.setNoDelay()
    const pair = { client, server }
    pairs.add(pair)
    connections++
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    pass(client, server, 'to-server', end)
    pass(server, client, 'to-client', end)
    if (stalled) for (const socket of [client, server]) socket.pause()
  })

  function pass(from: Socket, to: Socket, direction: Direction, end: () => void): void {
    let line: Promise<void> = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      const verdict = decide?.(chunk, direction) ?? 'pass'
      if (verdict === 'cut') return cutThis()
      const lateBy = (delayMs?.() ?? 0) + transferMs(chunk, direction)
      if (lateBy === 0 && verdict === 'pass') {
        line = line.then(() => void to.write(chunk))
        return
      }
      line = line
        .then(() => new Promise((resolve) => setTimeout(resolve, lateBy)))
        .then(() => void to.write(chunk, verdict === 'pass-then-cut' ? cutThis : undefined))
    })
    function cutThis(): void {
      cuts++
      end()
    }
    from.on('error', end)
    from.on('close', () => void line.then(end))
  }

  /** How long it takes until the throttled line has passed on this chunk and all before it, in milliseconds. */
  function transferMs(chunk: Buffer, direction: Direction): number {
    if (bytesPerSecond === undefined) return 0
    const now = performance.now()
    freeAt[direction] = Math.max(now, freeAt[direction]) + (chunk.length / bytesPerSecond) * 1000
    return freeAt[direction] - now
  }

  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      for (const { client, server } of [...pairs]) {
        cuts++
        client.resetAndDestroy()
        server.destroy()
      }
      pairs.clear()
    },
    stall(on) {
      stalled = on
      for (const { client, server } of pairs) for (const socket of [client, server]) on ? socket.pause() : socket.resume()
    },
    delay(next) {
      delayMs = next
    },
    throttle(next) {
      bytesPerSecond = next
    },
    watch(next) {
      decide = next
    },
    counts: () => ({ connections, cuts }),
    async close() {
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
