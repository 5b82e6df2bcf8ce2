import { createRowLists, createRunBook, type RowLists, type RunBook } from '@sedi/kit'
import type { Ledger } from '@sedi/spec'
import type { HeldLedger, OpenLedgers } from '../runs/open-ledgers.ts'

/** A run that somebody looks at: its ledger, and what of it stays in memory between requests. */
export type OpenBook = {
  readonly ledger: Ledger
  readonly book: RunBook
  readonly lists: RowLists
  /** What was made of the run when it had a stamp; made again when it has another. */
  kept<T>(name: string, stamp: string, make: () => Promise<T>): Promise<T>
}

export type OpenBooks = {
  /** Throws `not-found`, also when the run was deleted meanwhile. */
  of(runId: string): Promise<OpenBook>
  close(): Promise<void>
}

type Entry = OpenBook & { readonly held: HeldLedger; usedAt: number }

/** Runs kept in memory, and for how long after they were last looked at. */
const mostBooks = 6
const idleMs = 10 * 60_000
const mostKept = 20

export function createOpenBooks(ledgers: OpenLedgers, clock: () => number = Date.now): OpenBooks {
  const entries = new Map<string, Entry>()
  const opening = new Map<string, Promise<Entry>>()
  const cleaning = setInterval(() => {
    for (const [runId, { usedAt }] of entries) if (clock() - usedAt > idleMs) drop(runId)
  }, 60_000).unref()

  function drop(runId: string): void {
    const entry = entries.get(runId)
    entries.delete(runId)
    entry?.lists.close()
    entry?.held.release()
  }

  async function open(runId: string): Promise<Entry> {
    const held = await ledgers.hold(runId)
    const book = createRunBook(held.ledger)
    const entry: Entry = { held, ledger: held.ledger, book, lists: createRowLists(book), kept: createKept(), usedAt: clock() }
    entries.set(runId, entry)
    const oldest = [...entries].sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [name] of oldest.slice(0, Math.max(0, entries.size - mostBooks))) drop(name)
    return entry
  }

  return {
    async of(runId) {
      const before = entries.get(runId)
      if (before !== undefined && !(await before.held.isThere())) drop(runId)
      const known = entries.get(runId)
      if (known !== undefined) {
        known.usedAt = clock()
        return known
      }
      const now = opening.get(runId) ?? open(runId).finally(() => opening.delete(runId))
      opening.set(runId, now)
      return now
    },
    async close() {
      clearInterval(cleaning)
      for (const runId of [...entries.keys()]) drop(runId)
      await ledgers.close()
    },
  }
}

function createKept(): OpenBook['kept'] {
  const kept = new Map<string, { readonly stamp: string; readonly value: Promise<unknown> }>()
  return async <T>(name: string, stamp: string, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(name)
    if (known?.stamp === stamp) return known.value as Promise<T>
    const value = make()
    kept.delete(name)
    kept.set(name, { stamp, value })
    value.catch(() => kept.delete(name))
    for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest)
    return value
  }
}
