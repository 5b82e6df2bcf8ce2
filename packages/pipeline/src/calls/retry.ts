import { SediError } from '@sedi/spec'

const firstDelayMs = 500
export const longestBackoffMs = 60_000
/** A provider that asks for a longer pause than this is taken at its word by pausing the run, not by sleeping in it. */
export const longestRetryAfterMs = 10 * 60_000
/** What lies further ahead is no request to wait but a mistake. */
const absurdRetryAfterMs = 31 * 24 * 3_600_000

/**
 * How long to wait before trying again, in milliseconds: what the provider asked for and up to a quarter of a second more, else 0.5 s doubling up to a minute, times
 * 0.75–1.25. A negative time, or one of more than a month, counts as none. `jitter` is uniform in [0, 1).
 */
export function retryDelayMs(error: SediError, failedAttempts: number, jitter: number): number {
  const asked = error.details.retryAfterMs
  if (typeof asked === 'number' && asked >= 0 && asked <= absurdRetryAfterMs) return asked + jitter * (firstDelayMs / 2)
  return Math.min(longestBackoffMs, firstDelayMs * 2 ** Math.min(20, failedAttempts - 1)) * (0.75 + 0.5 * jitter)
}

/** Told to slow down, a call may try so many times as often as otherwise. */
const limitedAttempts = 5

/** How often a call failed, by what was said: to slow down, or something else. */
export type Failures = { readonly limited: number; readonly other: number }

/** Whether a call is not tried again after this error. */
export const isFinal = (error: SediError, { limited, other }: Failures, maxAttempts: number): boolean =>
  !error.retryable || other >= maxAttempts || limited >= limitedAttempts * maxAttempts

/** The same error, saying that the wait is too long to sit out. */
export function tooLongToWait(error: SediError, delayMs: number, now: number): SediError {
  const until = new Date(now + delayMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const minutes = Math.ceil(delayMs / 60_000)
  return new SediError(error.code, `${error.message}\nIt asks to wait ${minutes} minutes, until ${until}; the run pauses instead. Resume it then.`, {
    retryable: error.retryable,
    details: error.details,
    cause: error,
  })
}
