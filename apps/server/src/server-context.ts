import type { RunStore, SediError } from '@sedi/spec'
import type { Analyses } from './analyses/analyses.ts'
import type { Gate } from './guard/gate.ts'
import type { Sessions } from './guard/sessions.ts'
import type { TokenCheck } from './guard/token.ts'
import type { ServerLimits } from './limits.ts'
import type { Health } from './operations/health.ts'
import type { FactFeeds } from './runs/fact-feeds.ts'
import type { OpenLedgers } from './runs/open-ledgers.ts'
import type { RunProcesses } from './runs/run-processes.ts'
import type { ViewThread } from './views/view-thread.ts'

/** What handlers share. */
export type ServerContext = {
  /** The store's address; public parts only are ever sent. */
  readonly storeAddress: string
  readonly store: RunStore
  readonly ledgers: OpenLedgers
  readonly feeds: FactFeeds
  /** Ledgers, read in another thread. */
  readonly views: ViewThread
  /** What takes longer, in processes of their own. */
  readonly analyses: Analyses
  readonly processes: RunProcesses
  readonly limits: ServerLimits
  /** Where files are that a configuration may name. */
  readonly files: string
  /** Where the server keeps seeds and test sets that were sent to it. */
  readonly stateFolder: string
  readonly allowCommands: boolean
  readonly allowedHosts: readonly string[]
  /** Undefined: nobody has to log in. */
  readonly token: TokenCheck | undefined
  readonly sessions: Sessions
  /** Sent with cookies that must not go over plain HTTP. */
  readonly secureCookies: boolean
  readonly services: Gate
  readonly streams: Gate
  /** Told of what is a defect of ours, or of the machine. */
  readonly onError: (error: SediError) => void
  /** Aborted when the server stops: streams end, what is being answered is finished. */
  readonly stopping: AbortSignal
  /** Aborted when it waits no longer. */
  readonly cutting: AbortSignal
  readonly health: Health
  /** The server's metrics as Prometheus reads them. */
  readonly metrics: () => Promise<string>
}
