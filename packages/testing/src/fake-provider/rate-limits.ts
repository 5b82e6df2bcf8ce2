/** Limits of one key. A missing one does not limit. */
export type RateLimitOptions = {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Limits are enforced over sliding windows of this length, with the minute's allowance scaled to it. @default 60_000 */
  readonly windowMs?: number | undefined
  /**
   * Enforced over sliding slices of this length too: at most this much of the allowance may come at once. A request that alone exceeds a
   * slice is admitted when the slice is empty. Milliseconds. Default: the whole window's allowance may come at once.
   */
  readonly burstMs?: number | undefined
}

/** What the limiter says about one request. */
export type Admission = {
  readonly admitted: boolean
  /** How long until the same request would be admitted; 0 when it is. */
  readonly retryAfterMs: number
  /** The limit that was hit; `undefined` when admitted. */
  readonly exceeded?: 'requests' | 'tokens' | undefined
  /** Where the dimensions that are limited stand. */
  readonly state: readonly LimitState[]
}

export type LimitState = {
  readonly name: 'requests' | 'tokens'
  /** Per window. */
  readonly limit: number
  readonly remaining: number
  /** Until nothing of the window is used. */
  readonly resetMs: number
}

/** How a server writes the state into headers. */
export type LimitHeaders = (state: readonly LimitState[]) => Readonly<Record<string, string>>

type Use = { readonly at: number; readonly tokens: number }

const minuteMs = 60_000

/** Sliding windows over admitted requests. Refused ones do not count (with OpenAI they do). `clock`: milliseconds. Cost of a request: O(1) amortised. */
export function createRateLimits(options: RateLimitOptions, clock: () => number): { admit(tokens: number): Admission } {
  const { requestsPerMinute, tokensPerMinute, windowMs = minuteMs, burstMs } = options
  const window = createWindow(windowMs, options, false)
  const windows = burstMs === undefined ? [window] : [window, createWindow(burstMs, options, true)]

  function stateAt(now: number): LimitState[] {
    const resetMs = Math.max(0, (window.newestAt() ?? now - windowMs) + windowMs - now)
    const state = (name: LimitState['name'], perMinute: number, used: number): LimitState => {
      const limit = Math.floor((perMinute * windowMs) / minuteMs)
      return { name, limit, remaining: Math.max(0, limit - used), resetMs }
    }
    return [
      ...(requestsPerMinute === undefined ? [] : [state('requests', requestsPerMinute, window.usedRequests())]),
      ...(tokensPerMinute === undefined ? [] : [state('tokens', tokensPerMinute, window.usedTokens())]),
    ]
  }

  return {
    admit(tokens) {
      const now = clock()
      let retryAfterMs = 0
      let exceeded: Admission['exceeded']
      for (const each of windows) {
        each.forget(now)
        for (const name of ['requests', 'tokens'] as const) {
          const waitMs = each.waitMs(name, tokens, now)
          if (waitMs > retryAfterMs) [retryAfterMs, exceeded] = [waitMs, name]
        }
      }
      const admitted = retryAfterMs === 0
      if (admitted) for (const each of windows) each.add({ at: now, tokens })
      return { admitted, retryAfterMs, exceeded, state: stateAt(now) }
    },
  }
}

/** One sliding window. `atLeastOne`: whoever comes to an empty window is admitted. */
function createWindow(lengthMs: number, { requestsPerMinute, tokensPerMinute }: RateLimitOptions, atLeastOne: boolean) {
  const limits = {
    requests: ((requestsPerMinute ?? Number.POSITIVE_INFINITY) * lengthMs) / minuteMs,
    tokens: ((tokensPerMinute ?? Number.POSITIVE_INFINITY) * lengthMs) / minuteMs,
  }
  let uses: Use[] = []
  let first = 0
  let tokensUsed = 0

  return {
    usedRequests: () => uses.length - first,
    usedTokens: () => tokensUsed,
    newestAt: () => (uses.length > first ? uses.at(-1)!.at : undefined),
    forget(now: number): void {
      for (; first < uses.length && uses[first]!.at <= now - lengthMs; first++) tokensUsed -= uses[first]!.tokens
      if (first > 1_000 && first > uses.length / 2) [uses, first] = [uses.slice(first), 0]
    },
    add(use: Use): void {
      uses.push(use)
      tokensUsed += use.tokens
    },
    /** How long until the request fits; the full window when it never will. */
    waitMs(name: 'requests' | 'tokens', tokens: number, now: number): number {
      if (atLeastOne && uses.length === first) return 0
      const limit = limits[name]
      let used = name === 'requests' ? uses.length - first + 1 : tokensUsed + tokens
      if (used <= limit) return 0
      for (let i = first; i < uses.length; i++) {
        used -= name === 'requests' ? 1 : uses[i]!.tokens
        if (used <= limit || (atLeastOne && i === uses.length - 1)) return uses[i]!.at + lengthMs - now
      }
      return lengthMs
    },
  }
}

const headersWith =
  (time: (ms: number) => string): LimitHeaders =>
  (state) => {
    const headers: Record<string, string> = {}
    for (const { name, limit, remaining, resetMs } of state) {
      headers[`x-ratelimit-limit-${name}`] = String(limit)
      headers[`x-ratelimit-remaining-${name}`] = String(remaining)
      headers[`x-ratelimit-reset-${name}`] = time(resetMs)
    }
    return headers
  }

/** As OpenAI writes times: `12ms`, `1.5s`, `6m0s`. */
export const goDurations = headersWith(goDuration)

/** As Azure does: whole seconds. */
export const plainSeconds = headersWith((ms) => String(Math.ceil(ms / 1000)))

export const noLimitHeaders: LimitHeaders = () => ({})

/** `retry-after` alone, in whole seconds. */
export function secondsRetryAfter(ms: number): Readonly<Record<string, string>> {
  return { 'retry-after': String(Math.ceil(ms / 1000)) }
}

/** A time as Go prints it. */
export function goDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  const minutes = Math.floor(ms / minuteMs)
  const seconds = Math.round(ms - minutes * minuteMs) / 1_000
  if (minutes === 0) return `${seconds}s`
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`
}
