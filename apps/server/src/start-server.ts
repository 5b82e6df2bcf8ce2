import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openStore } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { createApp } from './create-app.ts'

export type ServerOptions = {
  /** Folder of the store. */
  readonly store: string
  /** @default 127.0.0.1 */
  readonly host?: string | undefined
  /** 0 takes a free one. */
  readonly port: number
  /** Required unless the host is a loopback address; an empty one is none. */
  readonly token?: string | undefined
}

export type RunningServer = { readonly url: string; close(): Promise<void> }

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** Starts the HTTP API. Anything but a loopback address needs a token: whoever reaches the server can read runs and spend money. */
export async function startServer({ store, host = '127.0.0.1', port, token: given }: ServerOptions): Promise<RunningServer> {
  const token = given === '' ? undefined : given
  if (!loopback.has(host) && token === undefined) {
    throw new SediError(
      'missing-credential',
      `Listening on ${host} lets other machines in: set the environment variable SEDI_API_TOKEN to a token they must send, or listen on 127.0.0.1.`,
    )
  }
  const names: string[] = []
  const app = createApp({ store: openStore({ store }), token, allowedHosts: token === undefined ? names : undefined })
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = app.listen(port, host, (error?: Error) => (error === undefined ? resolve(starting) : reject(cannotListen(host, port, error))))
  })
  const actual = (server.address() as AddressInfo).port
  names.push(...['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${actual}`))
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function cannotListen(host: string, port: number, error: Error): SediError {
  return new SediError('invalid-config', `Cannot listen on ${host}:${port}: ${error.message}. Choose another port with --port.`, { cause: error })
}
