import { type Ledger, SediError } from '@sedi/spec'
import { Refusal } from '../problem.ts'
import { createPages, type Numbered, numbered, pageFacts } from './fact-pages.ts'
import type { HeldLedger, OpenLedgers } from './open-ledgers.ts'

export type FactFeeds = {
  /**
   * The facts of a run after a number, in order, without gaps or repetitions: what is recorded first, then what comes, a few at a time.
   * An empty list now and then when nothing comes, so that the reader can be told that all is well. Ends when the signal does, the run is gone,
   * or, without `follow`, nothing more is recorded.
   *
   * `latest`: only what is recorded from now on.
   *
   * Throws `not-found`; a refusal with status 409 when the run has not come so far.
   */
  follow(runId: string, after: number | 'latest', signal: AbortSignal, follow?: boolean): AsyncGenerator<readonly Numbered[]>
  close(): void
}

const pollMs = 200
const heartbeatMs = 15_000
/** What was recorded last is kept as text, so that a hundred readers do not read it a hundred times. */
const keptBytes = 8 * 1024 * 1024

/** One reader of the ledger for each run that somebody follows; who is behind what is kept reads the ledger. */
export function createFactFeeds(ledgers: OpenLedgers, clock: () => number = Date.now): FactFeeds {
  const feeds = new Map<string, Feed>()
  const closing = new AbortController()

  async function join(runId: string): Promise<Feed> {
    const held = await ledgers.hold(runId)
    const before = feeds.get(runId)
    if (before !== undefined && before.ledger === held.ledger && !before.ended) {
      held.release()
      before.readers++
      return before
    }
    const feed = createFeed(held, () => {
      if (feeds.get(runId) === feed) feeds.delete(runId)
    })
    feeds.set(runId, feed)
    return feed
  }

  return {
    async *follow(runId, after, signal, follow = true) {
      const either = AbortSignal.any([signal, closing.signal])
      const feed = await join(runId)
      try {
        yield* read(feed, after === 'latest' ? await feed.latest() : after, either, clock, follow)
      } finally {
        feed.leave()
      }
    },
    close: () => closing.abort(),
  }
}

async function* read(feed: Feed, after: number, signal: AbortSignal, clock: () => number, follow: boolean): AsyncGenerator<readonly Numbered[]> {
  if (after > 0 && !(await feed.hasCome(after)))
    throw new Refusal(
      409,
      'conflict',
      `The run has not come to fact ${after}: it is another run than the one that was read. Begin again without a Last-Event-ID.`,
    )
  let seen = after
  let spokeAt = clock()
  yield []
  while (!signal.aborted && !feed.ended) {
    let page = feed.after(seen)
    if (page === 'earlier') page = await feed.earlier(seen)
    if (page.length > 0) {
      seen = page.at(-1)!.seq
      spokeAt = clock()
      yield page
      continue
    }
    if (!follow) return
    feed.caughtUp(seen)
    if (feed.after(seen).length > 0) continue // somebody else's reading brought more meanwhile
    await feed.more(signal, heartbeatMs)
    if (clock() - spokeAt >= heartbeatMs) {
      spokeAt = clock()
      yield []
    }
  }
}

type Feed = {
  readonly ledger: Ledger
  readonly ended: boolean
  readers: number
  /** Whether the run has come to this fact. */
  hasCome(seq: number): Promise<boolean>
  /** The number of the last fact. */
  latest(): Promise<number>
  /** Facts after a number, from the ledger. */
  earlier(seq: number): Promise<readonly Numbered[]>
  /** Facts after a number of what is kept; `earlier` when they lie before it, or nobody has read that far. */
  after(seq: number): readonly Numbered[] | 'earlier'
  /** A reader has all there was: from here on it is watched. */
  caughtUp(seq: number): void
  /** Resolves when there is more, at the signal, or after a time. */
  more(signal: AbortSignal, ms: number): Promise<void>
  leave(): void
}

function createFeed(held: HeldLedger, onEnd: () => void): Feed {
  const pages = createPages(held.ledger)
  const kept: Numbered[] = []
  let bytes = 0
  /** Facts up to here were kept or let go; undefined until somebody has caught up. */
  let cursor: number | undefined
  let timer: NodeJS.Timeout | undefined
  let ended = false
  const waiting = new Set<() => void>()

  function wake(): void {
    for (const resolve of [...waiting]) resolve()
  }

  function end(): void {
    if (ended) return
    ended = true
    clearTimeout(timer)
    onEnd()
    held.release()
    wake()
  }

  async function poll(): Promise<void> {
    try {
      if (!(await held.isThere())) return end()
      let came = false
      for await (const fact of held.ledger.facts(cursor)) {
        if (ended) return
        keep(numbered(fact))
        came = true
      }
      if (came) wake()
    } catch (error) {
      // A lost connection to a database, a busy disk: asked again, and readers only wait.
      if (SediError.is(error, 'storage') && 'damage' in error.details) return end()
    }
    if (!ended) timer = setTimeout(() => void poll(), pollMs)
  }

  function keep(fact: Numbered): void {
    kept.push(fact)
    cursor = fact.seq
    bytes += fact.text.length
    let old = 0
    while (bytes > keptBytes && old < kept.length - 1) bytes -= kept[old++]!.text.length
    if (old > 0) kept.splice(0, old)
  }

  const feed: Feed = {
    ledger: held.ledger,
    get ended() {
      return ended
    },
    readers: 1,
    hasCome: async (seq) => (cursor !== undefined && seq <= cursor) || (await pages.after(seq - 1)).length > 0,
    latest: async () => cursor ?? held.ledger.last(),
    earlier: pages.after,
    after(seq) {
      const first = kept[0]?.seq
      if (cursor !== undefined && seq >= cursor) return []
      if (first === undefined || seq < first - 1) return 'earlier'
      return kept.slice(seq + 1 - first, seq + 1 - first + pageFacts)
    },
    caughtUp(seq) {
      if (cursor !== undefined) return
      cursor = seq
      void poll()
    },
    more(signal, ms) {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(waitingAtMost)
          waiting.delete(done)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const waitingAtMost = setTimeout(done, ms)
        waiting.add(done)
        signal.addEventListener('abort', done, { once: true })
        if (signal.aborted || ended) done()
      })
    },
    leave() {
      feed.readers--
      if (feed.readers === 0) end()
    },
  }
  return feed
}
