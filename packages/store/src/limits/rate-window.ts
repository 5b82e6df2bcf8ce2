/** Counts what was sent in the last 60 seconds. */
export type RateWindow = {
  /** Takes a place for one request of so many tokens, or says how long to wait before asking again. Throws `storage`. */
  take(tokens: number): Place | { readonly waitMs: number }
  /** Nothing may be sent for so long. Never throws. */
  quiet(forMs: number): void
  /** Nobody here waits for a place any more. Never throws. */
  leave(): void
  close(): void
}

export type Place = {
  readonly waitMs: 0
  /** Counts the tokens that were really used. Never throws. */
  correct(usedTokens: number): void
}

export type WindowOptions = {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Length of the window. For tests with real time. @default 60_000 */
  readonly windowMs?: number | undefined
  readonly monotonic: () => number
}

export const minuteMs = 60_000

type Counted = { readonly at: number; readonly tokens: number }

/** When fewer than `limit` requests will have been sent after the window's begin `from`, less `from`; `nthOldest(n)` is when the n-th oldest was sent, from 0. */
export function requestWait(count: number, limit: number, from: number, nthOldest: (n: number) => number): number {
  return count < limit ? 0 : nthOldest(count - limit) - from
}

/** Until enough of them, oldest first, have left the window; a request larger than the limit waits until all have. */
export function tokenWait(sent: Iterable<Counted>, usedTokens: number, tokens: number, limit: number, from: number): number {
  let used = usedTokens
  if (used + tokens <= limit) return 0
  let wait = 0
  for (const { at, tokens: freed } of sent) {
    used -= freed
    wait = at - from
    if (used + tokens <= limit) return wait
  }
  return wait
}
