import type { RateLimit, RateLimits } from '@sedi/spec'
import { durationMs } from './durations.ts'

type HeaderNames = {
  readonly limit: string
  readonly remaining?: string | undefined
  readonly reset?: string | undefined
  /** The time the limit is for, in milliseconds. @default 60_000 */
  readonly perMs?: number | undefined
}

/** Where a provider's replies say the key's limits; what is missing it does not say. */
export type RateLimitHeaders = { readonly requests?: HeaderNames | undefined; readonly tokens?: HeaderNames | undefined }

/** OpenAI's names, which most others use as well. */
const openaiRateLimitHeaders: RateLimitHeaders = {
  requests: { limit: 'x-ratelimit-limit-requests', remaining: 'x-ratelimit-remaining-requests', reset: 'x-ratelimit-reset-requests' },
  tokens: { limit: 'x-ratelimit-limit-tokens', remaining: 'x-ratelimit-remaining-tokens', reset: 'x-ratelimit-reset-tokens' },
}

const minuteMs = 60_000

/** The key's limits as a reply states them, per minute; `undefined` when it states none. Limits of 0 and below (Azure) state nothing. */
export function readRateLimits(headers: Headers, names: RateLimitHeaders = openaiRateLimitHeaders): RateLimits | undefined {
  const requests = readOne(headers, names.requests)
  const tokens = readOne(headers, names.tokens)
  if (requests === undefined && tokens === undefined) return undefined
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) }
}

function readOne(headers: Headers, names: HeaderNames | undefined): RateLimit | undefined {
  if (names === undefined) return undefined
  const { perMs = minuteMs } = names
  const limit = count(headers.get(names.limit))
  if (limit === 0) return undefined
  // What remains of another time than a minute says nothing about one.
  const remaining = perMs === minuteMs && names.remaining !== undefined ? count(headers.get(names.remaining)) : undefined
  if (limit === undefined && remaining === undefined) return undefined
  const reset = names.reset === undefined || remaining === undefined ? null : headers.get(names.reset)
  return {
    ...(limit === undefined ? {} : { limit: (limit * minuteMs) / perMs }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(reset === null ? {} : { resetMs: durationMs(reset) }),
  }
}

function count(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const value = Number(header)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}
