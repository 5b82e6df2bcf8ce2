import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type EventSourceLike, type FollowOptions, followRun, type LiveState, type RunEvent } from './events.ts'

/** Sources that the test speaks through, in the order in which they were opened. */
const sources: (EventSourceLike & { readonly address: string; closed: boolean; readyState: number })[] = []
const seen: number[] = []
const batches: number[] = []
const states: LiveState[] = []

beforeEach(() => {
  vi.useFakeTimers()
  for (const list of [sources, seen, batches, states]) list.length = 0
})
afterEach(() => vi.useRealTimers())

function follow(change: Partial<FollowOptions> = {}): () => number | 'latest' {
  return followRun({
    run: 'a b',
    after: 'latest',
    onEvents: (events: readonly RunEvent[]) => {
      seen.push(...events.map(({ seq }) => seq))
      batches.push(events.length)
    },
    onState: (state) => states.push(state),
    everyMs: 1000,
    open: (address) => {
      const source = { address, closed: false, readyState: 0, onopen: null, onmessage: null, onerror: null, close }
      function close(): void {
        source.closed = true
      }
      sources.push(source)
      return source
    },
    ...change,
  })
}

const say = (source: EventSourceLike, seq: number): void =>
  source.onmessage?.({ data: JSON.stringify({ seq, kind: 'yield' }), lastEventId: String(seq) } as MessageEvent<string>)

it('hands events on together, at most once in a while, in order', () => {
  follow({ kinds: ['yield', 'step'] })
  expect(sources.map(({ address }) => address)).toEqual(['/v1/runs/a%20b/events?after=latest&kind=yield%2Cstep'])
  for (const seq of [7, 8, 12]) say(sources[0]!, seq)
  expect(seen).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(seen).toEqual([7, 8, 12])
  say(sources[0]!, 13)
  vi.advanceTimersByTime(1000)
  expect(batches).toEqual([3, 1])
})

it('takes each event once, whatever comes again', () => {
  follow({ after: 5 })
  for (const seq of [4, 5, 6, 6, 7, 6]) say(sources[0]!, seq)
  vi.advanceTimersByTime(1000)
  expect(seen).toEqual([6, 7])
})

it('leaves a dropped connection to the browser, and opens a refused one again after the last event, later and later', () => {
  follow()
  sources[0]!.onopen?.({} as Event)
  say(sources[0]!, 41)
  sources[0]!.onerror?.({} as Event) // readyState 0: the browser is connecting again
  vi.advanceTimersByTime(60_000)
  expect(sources.length).toBe(1)
  sources[0]!.readyState = 2
  sources[0]!.onerror?.({} as Event)
  vi.advanceTimersByTime(1000)
  expect(sources.map(({ address }) => address)).toEqual(['/v1/runs/a%20b/events?after=latest', '/v1/runs/a%20b/events?after=41'])
  sources[1]!.readyState = 2
  sources[1]!.onerror?.({} as Event)
  vi.advanceTimersByTime(1999)
  expect(sources.length).toBe(2)
  vi.advanceTimersByTime(1)
  expect(sources.length).toBe(3)
  sources[2]!.onopen?.({} as Event)
  expect(states).toEqual(['live', 'waiting', 'waiting', 'waiting', 'live'])
})

it('ends, says where to go on, and opens nothing any more', () => {
  const stop = follow()
  say(sources[0]!, 9)
  sources[0]!.readyState = 2
  sources[0]!.onerror?.({} as Event)
  expect(stop()).toBe(9)
  expect(sources[0]!.closed).toBe(true)
  vi.advanceTimersByTime(60_000)
  expect(sources.length).toBe(1)
  expect(seen).toEqual([])
})
