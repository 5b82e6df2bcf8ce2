import type { SediError } from '@sedi/spec'

const firstDelayMs = 500
const longestBackoffMs = 60_000
/** A provider that asks for a longer pause than this is taken at its word by pausing the run, not by sleeping in it. */
export const longestRetryAfterMs = 10 * 60_000

/**
 * How long to wait before trying again: what the provider asked for, else 0.5 s doubling up to a minute, times 0.75–1.25.
 * `jitter` is uniform in [0, 1).
 */
export function retryDelayMs(error: SediError, failedAttempts: number, jitter: number): number {
  const asked = error.details.retryAfterMs
  if (typeof asked === 'number' && asked >= 0) return asked
  return Math.min(longestBackoffMs, firstDelayMs * 2 ** (failedAttempts - 1)) * (0.75 + 0.5 * jitter)
}
