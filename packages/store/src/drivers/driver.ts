import type { RunStore } from '@sedi/spec'

export type StoreOptions = {
  readonly clock?: (() => number) | undefined
  /** Version of the software that writes, for the session facts. */
  readonly softwareVersion: string
}

/** A kind of store. One file in this folder is one driver; the file's name is its id. */
export type StoreDriver = {
  readonly id: string
  /** Schemes of the addresses it takes (`postgres` for `postgres://…`); the one without any takes folders. */
  readonly schemes: readonly string[]
  /** Opens nothing yet: what is wrong with an address shows when the store is first used, or throws `invalid-config`. */
  open(address: string, options: StoreOptions): RunStore
  /** The address without what is secret in it: for messages, and for the run's record. */
  publicAddress(address: string): string
}
