import { useEffect, useEffectEvent, useState } from 'react'
import { runAddress } from './client.ts'

/** A fact of the ledger as an event has it. */
export type RunEvent = { readonly seq: number; readonly kind: string } & Readonly<Record<string, unknown>>

/** `live`: connected. `waiting`: not connected, trying again. `off`: nothing is followed. */
export type LiveState = 'live' | 'waiting' | 'off'

export type EventSourceLike = {
  readonly readyState: number
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent<string>) => void) | null
  onerror: ((event: Event) => void) | null
  close(): void
}

export type FollowOptions = {
  readonly run: string
  /** Only facts with a larger number; `latest`: what is recorded from now on. */
  readonly after: number | 'latest'
  /** Kinds of facts; all without. */
  readonly kinds?: readonly string[] | undefined
  /** Called with what came, at most once in so many milliseconds. */
  readonly onEvents: (events: readonly RunEvent[]) => void
  /** `live` comes each time a connection is made: with `latest`, something may have been recorded before. */
  readonly onState: (state: LiveState) => void
  readonly everyMs?: number | undefined
  readonly open?: ((address: string) => EventSourceLike) | undefined
}

const closed = 2
const longestWaitMs = 30_000

/**
 * Follows a run's facts: each once, in order. A connection that drops is made again by the browser, with the id of the last event; one that
 * the server refuses is made again here, later and later. Returns what ends it, and answers where to begin another time.
 */
export function followRun({
  run,
  after,
  kinds,
  onEvents,
  onState,
  everyMs = 1000,
  open = (path) => new EventSource(path),
}: FollowOptions): () => number | 'latest' {
  let last = after
  let source: EventSourceLike | undefined
  let waiting: RunEvent[] = []
  let flushing: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let refusals = 0

  function connect(): void {
    source = open(runAddress(run, '/events', { after: last, kind: kinds?.join(',') }))
    source.onopen = () => {
      refusals = 0
      onState('live')
    }
    source.onmessage = ({ data, lastEventId }) => {
      const seq = Number(lastEventId)
      if (last !== 'latest' && seq <= last) return
      last = seq
      waiting.push({ ...(JSON.parse(data) as RunEvent), seq })
      flushing ??= setTimeout(flush, everyMs)
    }
    source.onerror = () => {
      onState('waiting')
      if (source?.readyState === closed) again = setTimeout(connect, Math.min(longestWaitMs, 1000 * 2 ** refusals++))
    }
  }

  function flush(): void {
    flushing = undefined
    const events = waiting
    waiting = []
    onEvents(events)
  }

  connect()
  return () => {
    clearTimeout(again)
    clearTimeout(flushing)
    source?.close()
    return last
  }
}

/** Follows what is recorded of a run from now on, while the page is looked at: browsers keep only six connections to a server, over all of its pages. */
export function useRunEvents(
  run: string,
  {
    kinds,
    onEvents,
    onLive,
    on = true,
    everyMs,
  }: {
    readonly on?: boolean | undefined
    /** A connection was made: what was asked before may be old. */
    readonly onLive: () => void
  } & Pick<FollowOptions, 'kinds' | 'onEvents' | 'everyMs'>,
): LiveState {
  const [state, setState] = useState<LiveState>('off')
  const handle = useEffectEvent(onEvents)
  const handleState = useEffectEvent((next: LiveState) => {
    setState(next)
    if (next === 'live') onLive()
  })
  const wanted = kinds?.join(',')

  useEffect(() => {
    if (!on) return
    let after: number | 'latest' = 'latest'
    let stop: (() => number | 'latest') | undefined
    const look = (): void => {
      if (document.hidden) {
        after = stop?.() ?? after
        stop = undefined
      } else stop ??= followRun({ run, after, kinds: wanted?.split(','), onEvents: (events) => handle(events), onState: (next) => handleState(next), everyMs })
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      stop?.()
      setState('off')
    }
  }, [run, on, wanted, everyMs])
  return state
}
