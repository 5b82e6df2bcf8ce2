import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Ledger, type RunStore, SediError } from '@sedi/spec'
import { folderInStore, noSuchRun } from './run-id.ts'

export type OpenLedgers = {
  /** Hands over a run's ledger, open for reading, until `use` is done. Throws `not-found`. */
  use<T>(runId: string, use: (ledger: Ledger) => Promise<T>): Promise<T>
  /** The same for as long as the caller likes; `release` once. */
  hold(runId: string): Promise<HeldLedger>
  close(): Promise<void>
}

export type HeldLedger = {
  readonly ledger: Ledger
  /** False when the run was deleted, or another one has its place. */
  isThere(): Promise<boolean>
  release(): void
}

type Entry = { readonly identity: string; readonly ledger: Promise<Ledger>; users: number; timer: NodeJS.Timeout | undefined; dropped: boolean }

/** Opening compares a ledger with its checksums, which takes up to a fraction of a second: readers that follow each other share one. */
const idleMs = 20_000

export function createOpenLedgers(store: RunStore, address: string): OpenLedgers {
  const entries = new Map<string, Entry>()

  async function hold(runId: string): Promise<HeldLedger> {
    const identity = await identityOf(runId)
    const before = entries.get(runId)
    if (before !== undefined && before.identity !== identity) drop(runId, before)
    const entry = entries.get(runId) ?? open(runId, identity)
    entry.users++
    clearTimeout(entry.timer)
    let ledger: Ledger
    try {
      ledger = await entry.ledger
    } catch (error) {
      drop(runId, entry)
      throw SediError.is(error, 'not-found') ? noSuchRun(runId) : error
    }
    let released = false
    return {
      ledger,
      isThere: () =>
        identityOf(runId).then(
          (now) => now === identity,
          () => false,
        ),
      release() {
        if (released) return
        released = true
        entry.users--
        if (entry.users > 0) return
        if (entry.dropped) void closeEntry(entry)
        else entry.timer = setTimeout(() => drop(runId, entry), idleMs).unref()
      },
    }
  }

  /** Which file it is: a folder may be deleted and another run get its name. */
  async function identityOf(runId: string): Promise<string> {
    const folder = await folderInStore(store, address, runId)
    const file = statSync(join(folder, 'ledger.db'), { throwIfNoEntry: false })
    return file === undefined ? 'elsewhere' : `${file.dev}:${file.ino}:${file.birthtimeMs}`
  }

  function open(runId: string, identity: string): Entry {
    const entry: Entry = { identity, ledger: store.read(runId), users: 0, timer: undefined, dropped: false }
    entries.set(runId, entry)
    return entry
  }

  function drop(runId: string, entry: Entry): void {
    if (entries.get(runId) === entry) entries.delete(runId)
    clearTimeout(entry.timer)
    entry.dropped = true
    if (entry.users === 0) void closeEntry(entry)
  }

  return {
    hold,
    async use(runId, use) {
      const held = await hold(runId)
      try {
        return await use(held.ledger)
      } finally {
        held.release()
      }
    },
    async close() {
      const open = [...entries.entries()]
      for (const [runId, entry] of open) drop(runId, entry)
      await Promise.all(open.map(([, entry]) => closeEntry(entry)))
    },
  }
}

async function closeEntry({ ledger }: Entry): Promise<void> {
  await ledger.then(
    (opened) => opened.close(),
    () => {},
  )
}
