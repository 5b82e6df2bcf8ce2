import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { hasScheme, openStore } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { createApp } from './create-app.ts'
import { createGate } from './guard/gate.ts'
import { createSessions } from './guard/sessions.ts'
import { createTokenCheck } from './guard/token.ts'
import { defaultLimits, type ServerLimits } from './limits.ts'
import { createFactFeeds } from './runs/fact-feeds.ts'
import { createOpenLedgers } from './runs/open-ledgers.ts'
import { createRunProcesses } from './runs/run-processes.ts'

export type ServerOptions = {
  /** The store: a folder, or an address. */
  readonly store: string
  /** @default 127.0.0.1 */
  readonly host?: string | undefined
  /** 0 takes a free one. */
  readonly port: number
  /** What who asks must send, at least 16 characters, or its hash: `sha256:…`. Required unless the host is a loopback address; an empty one is none. */
  readonly token?: string | undefined
  /** The command that starts SeDi's command line, and its first parameters; runs are carried on by it. Without it the server only shows runs. */
  readonly sedi?: readonly string[] | undefined
  /** The folder of which configurations may name files, and in which runs are started. @default the process's own */
  readonly files?: string | undefined
  /** Where the server keeps seeds and test sets that were sent to it. @default `.server` in the store's folder; `.sedi-server` in `files` without one */
  readonly stateFolder?: string | undefined
  /** Whether configurations may name programs and modules that this machine then runs. @default false */
  readonly allowCommands?: boolean | undefined
  /** Link-local or metadata hosts that a configuration may name all the same. */
  readonly allowedHosts?: readonly string[] | undefined
  /** Browsers send cookies back over TLS only: for a server behind a proxy that has it. @default false */
  readonly secureCookies?: boolean | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  /** Told of what is a defect of ours, or of the machine. */
  readonly onError?: ((error: SediError) => void) | undefined
}

export type RunningServer = {
  readonly url: string
  /** Stops answering; runs go on. */
  close(): Promise<void>
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** Starts the HTTP API. Anything but a loopback address needs a token: whoever reaches the server can read runs and spend money. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port, onError = () => {} } = options
  const token = options.token === undefined || options.token === '' ? undefined : createTokenCheck(options.token)
  if (!loopback.has(host) && token === undefined) {
    throw new SediError(
      'missing-credential',
      `Listening on ${host} lets other machines in: set the environment variable SEDI_API_TOKEN to a token they must send, or listen on 127.0.0.1.`,
    )
  }
  const files = resolve(options.files ?? '.')
  const storeAddress = hasScheme(options.store) ? options.store : resolve(options.store)
  const store = openStore({ store: storeAddress })
  const limits = { ...defaultLimits, ...options.limits }
  const ledgers = createOpenLedgers(store, storeAddress)
  const feeds = createFactFeeds(ledgers)
  const stopping = new AbortController()
  const names: string[] = []
  const app = createApp({
    hosts: token === undefined ? names : undefined,
    context: {
      onError,
      storeAddress,
      store,
      ledgers,
      feeds,
      processes: createRunProcesses({ store, storeAddress, sedi: options.sedi, cwd: files, most: limits.runs }),
      limits,
      files,
      stateFolder: resolve(options.stateFolder ?? (hasScheme(storeAddress) ? join(files, '.sedi-server') : join(storeAddress, '.server'))),
      allowCommands: options.allowCommands ?? false,
      allowedHosts: options.allowedHosts ?? [],
      token,
      sessions: createSessions(),
      secureCookies: options.secureCookies ?? false,
      services: createGate(limits.services, 'services'),
      streams: createGate(limits.streams, 'streams'),
      stopping: stopping.signal,
    },
  })
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = app.listen(port, host, (error?: Error) => (error === undefined ? resolve(starting) : reject(cannotListen(host, port, error))))
  })
  const actual = (server.address() as AddressInfo).port
  names.push(...['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${actual}`))
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close() {
      stopping.abort()
      feeds.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await ledgers.close()
    },
  }
}

function cannotListen(host: string, port: number, error: Error): SediError {
  return new SediError('invalid-config', `Cannot listen on ${host}:${port}: ${error.message}. Choose another port with --port.`, { cause: error })
}
