import type { RateLimits } from '@sedi/spec'

/** Counts what was sent in the last minute. */
export type RateWindow = {
  /**
   * Takes a place for one request of so many tokens, or says how long to wait before asking again; at once, or when a server has answered, and
   * is not asked again before. Throws, or rejects with, `storage`.
   *
   * @param next tokens of the requests that will be asked for right after this one: a window behind a wire may take their places along
   */
  take(tokens: number, next?: readonly number[]): Place | Wait | Promise<Place | Wait>
  /** What the provider said about the key's limits. Never throws. */
  learn(limits: RateLimits): void
  /** Nothing may be sent for so long. Never throws. */
  quiet(forMs: number): void
  /** Nobody here waits for a place any more. Never throws. */
  leave(): void
  close(): void
}

export type Place = {
  readonly waitMs: 0
  /** The request goes out now; one that is later than `lateMs` is counted from about now on. Never throws. */
  sent(): void
  /** Counts the tokens that were really used. Never throws. */
  correct(usedTokens: number): void
}

export type Wait = {
  readonly waitMs: number
  /** Whether tokens are short, so that a correction may make room earlier. */
  readonly forTokens: boolean
}

export type WindowOptions = {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Length of the window. For tests with real time. @default 60_000 */
  readonly windowMs?: number | undefined
  readonly monotonic: () => number
}

export const minuteMs = 60_000

/**
 * Requests take different times to be recorded and to arrive, so those of one of our minutes may fall into less than a minute at the provider.
 * Counting over one per cent more than a minute (600 ms) costs one per cent of the rate and makes room for that.
 */
const spanOfWindow = 1.01

export const spanMs = (windowMs: number): number => windowMs * spanOfWindow

/**
 * Whoever has a place still has to record what it is about to do, on a machine that may be busy. A request that is sent so much later than its
 * place was taken counts as taken only so much before it was sent. Half of the room that the window has, so that as much is left for the way.
 */
export const lateMs = (windowMs: number): number => (spanMs(windowMs) - windowMs) / 2

/** Requests are spread evenly; after a pause so much of a minute's may go at once: a second's worth. */
const burstOfWindow = 1 / 60

/** Requests that have to wait for each other go together ten times a second: so they are recorded together as well, which saves most of that work. */
const stepOfWindow = 1 / 600

/**
 * When the next requests may go, less now, if each takes `span / limit` of the time line: the generic cell rate algorithm (ITU-T I.371), with a
 * burst of a second. `paidUntil` is where the requests so far reach to.
 */
export function paceWait(paidUntil: number, now: number, windowMs: number): number {
  const wait = paidUntil - windowMs * burstOfWindow - now
  return wait <= 0 ? 0 : Math.max(wait, windowMs * stepOfWindow)
}

/** Where the time line reaches to with one more request. */
export function payOne(paidUntil: number, now: number, limit: number, windowMs: number): number {
  return Math.max(paidUntil, now) + spanMs(windowMs) / limit
}

/** Until enough of them, oldest first, have left the window that begins at `from`; what is larger than the limit waits until all have. */
export function roomWait(
  oldestFirst: Iterable<{ readonly at: number; readonly amount: number }>,
  used: number,
  wanted: number,
  limit: number,
  from: number,
): number {
  let left = used
  if (left + wanted <= limit) return 0
  let wait = 0
  for (const { at, amount } of oldestFirst) {
    left -= amount
    wait = at - from
    if (left + wanted <= limit) return wait
  }
  return wait
}
