/** Limits of one key. A missing one does not limit. */
export type RateLimitOptions = {
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  /** Limits are enforced over windows of this length, with the minute's allowance scaled to it. @default 60_000 */
  readonly windowMs?: number | undefined
}

/** What the limiter says about one request. */
export type Admission = {
  readonly admitted: boolean
  /** How long until the same request would be admitted; 0 when it is. */
  readonly retryAfterMs: number
  /** `x-ratelimit-*`, for the dimensions that are limited. */
  readonly headers: Readonly<Record<string, string>>
}

type Dimension = { readonly name: 'requests' | 'tokens'; readonly limit: number; cost(tokens: number): number }
type Use = { readonly at: number; readonly tokens: number }

const minuteMs = 60_000

/** A sliding window over admitted requests. Refused ones do not count (with OpenAI they do). `clock`: milliseconds. */
export function createRateLimits(options: RateLimitOptions, clock: () => number): { admit(tokens: number): Admission } {
  const { requestsPerMinute, tokensPerMinute, windowMs = minuteMs } = options
  const dimensions: Dimension[] = []
  if (requestsPerMinute !== undefined) dimensions.push({ name: 'requests', limit: (requestsPerMinute * windowMs) / minuteMs, cost: () => 1 })
  if (tokensPerMinute !== undefined) dimensions.push({ name: 'tokens', limit: (tokensPerMinute * windowMs) / minuteMs, cost: (tokens) => tokens })
  let uses: Use[] = []

  /** How long until `cost` fits under the limit; the full window when it never will. */
  function waitMs({ limit, cost }: Dimension, tokens: number, now: number): number {
    let used = sum(uses, cost) + cost(tokens)
    if (used <= limit) return 0
    for (const use of uses) {
      used -= cost(use.tokens)
      if (used <= limit) return use.at + windowMs - now
    }
    return windowMs
  }

  function headersOf(now: number): Record<string, string> {
    const headers: Record<string, string> = {}
    for (const { name, limit, cost } of dimensions) {
      const newest = uses.at(-1)?.at ?? now - windowMs
      headers[`x-ratelimit-limit-${name}`] = String(Math.floor(limit))
      headers[`x-ratelimit-remaining-${name}`] = String(Math.max(0, Math.floor(limit - sum(uses, cost))))
      headers[`x-ratelimit-reset-${name}`] = `${Math.max(0, newest + windowMs - now)}ms`
    }
    return headers
  }

  return {
    admit(tokens) {
      const now = clock()
      uses = uses.filter((use) => use.at > now - windowMs)
      const retryAfterMs = Math.max(0, ...dimensions.map((dimension) => waitMs(dimension, tokens, now)))
      if (retryAfterMs === 0) uses.push({ at: now, tokens })
      return { admitted: retryAfterMs === 0, retryAfterMs, headers: headersOf(now) }
    },
  }
}

function sum(uses: readonly Use[], cost: (tokens: number) => number): number {
  return uses.reduce((total, use) => total + cost(use.tokens), 0)
}
