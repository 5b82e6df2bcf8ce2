import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import { hasScheme, openStore } from '@sedi/kit'
import { closeAll, SediError } from '@sedi/spec'
import { createAnalyses } from './analyses/analyses.ts'
import { createApp } from './create-app.ts'
import { dashboardFolder } from './dashboard/serve-dashboard.ts'
import { createGate } from './guard/gate.ts'
import { isLoopback, loopbackNames, urlOf } from './guard/loopback.ts'
import { createSessions } from './guard/sessions.ts'
import { createTokenCheck } from './guard/token.ts'
import { defaultLimits, type ServerLimits } from './limits.ts'
import { createHealth } from './operations/health.ts'
import { measureServer } from './operations/measure-server.ts'
import { createFactFeeds } from './runs/fact-feeds.ts'
import { createOpenLedgers } from './runs/open-ledgers.ts'
import { createRunProcesses } from './runs/run-processes.ts'
import { createViewThread } from './views/view-thread.ts'

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
  /** The folder of the built dashboard. @default the one in this package */
  readonly dashboard?: string | undefined
  /** Where metrics go beside `/metrics`. Closed with the server. */
  readonly metricReaders?: readonly IMetricReader[] | undefined
  /** Told of what is a defect of ours, or of the machine. */
  readonly onError?: ((error: SediError) => void) | undefined
}

export type RunningServer = {
  readonly url: string
  /**
   * Takes no new request, ends streams of events with a hint when to come back, and waits for what is being answered; runs go on.
   *
   * @param abort cuts off what is still being answered
   * @param waitMs so long is waited at most; @default 20_000
   */
  close(options?: { readonly abort?: AbortSignal | undefined; readonly waitMs?: number | undefined }): Promise<void>
}

/** Starts the HTTP API. Anything but a loopback address needs a token: whoever reaches the server can read runs and spend money. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port, onError = () => {} } = options
  const token = options.token === undefined || options.token === '' ? undefined : createTokenCheck(options.token)
  if (!isLoopback(host) && token === undefined) {
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
  const views = createViewThread({ storeAddress })
  const analyses = createAnalyses({ storeAddress, most: limits.analyses, megabytes: limits.analysisMegabytes })
  const stopping = new AbortController()
  const cutting = new AbortController()
  const metrics = measureServer(store, options.metricReaders)
  const closeParts = (): Promise<void> => closeAll(feeds.close, analyses.close, views.close, metrics.close, ledgers.close)
  const names: string[] = []
  const app = createApp({
    hosts: token === undefined ? names : undefined,
    dashboard: options.dashboard ?? dashboardFolder,
    context: {
      onError,
      storeAddress,
      store,
      ledgers,
      feeds,
      views,
      analyses,
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
      cutting: cutting.signal,
      health: createHealth({ store, stopping: stopping.signal, onError }),
      metrics: metrics.text,
    },
  })
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = app.listen(port, host, (error?: Error) => (error === undefined ? resolve(starting) : reject(cannotListen(host, port, error))))
  }).catch(async (error: unknown) => {
    await closeParts()
    throw error
  })
  const actual = (server.address() as AddressInfo).port
  names.push(...loopbackNames(actual))
  return {
    url: urlOf(host, actual),
    async close({ abort, waitMs = 20_000 } = {}) {
      stopping.abort()
      feeds.close()
      analyses.close()
      const cut = (): void => {
        cutting.abort()
        server.closeAllConnections()
      }
      const late = setTimeout(cut, waitMs)
      abort?.addEventListener('abort', cut, { once: true })
      if (abort?.aborted === true) cut()
      await closeWhenIdle(server)
      clearTimeout(late)
      abort?.removeEventListener('abort', cut)
      cutting.abort()
      await closeParts()
    },
  }
}

/** Connections that are kept for further requests are closed as soon as they have no request. */
async function closeWhenIdle(server: Server): Promise<void> {
  const timer = setInterval(() => server.closeIdleConnections(), 50)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearInterval(timer)
}

function cannotListen(host: string, port: number, error: Error): SediError {
  return new SediError('invalid-config', `Cannot listen on ${host}:${port}: ${error.message}. Choose another port with --port.`, { cause: error })
}
