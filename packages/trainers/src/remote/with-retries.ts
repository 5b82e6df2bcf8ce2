import { setTimeout as wait } from 'node:timers/promises'
import { type CallOptions, SediError } from '@sedi/spec'
import { abortedError } from '../aborted.ts'

/** Pauses between attempts, in milliseconds; one attempt more than there are pauses. About three minutes in all. */
export const usualPausesMs: readonly number[] = [1000, 2000, 5000, 10_000, 20_000, 60_000, 60_000]

/** A service that asks for more than this is not waited for. */
const longestPauseMs = 300_000

export type RetryOptions = CallOptions & {
  readonly pausesMs?: readonly number[] | undefined
  /** @default whatever says that it may be tried again */
  readonly mayRetry?: ((error: SediError) => boolean) | undefined
}

/** Makes attempts until one succeeds, waiting as long as the service asks, or the next pause. Throws the last error. For what may be done twice. */
export async function withRetries<Result>(attempt: () => Promise<Result>, options: RetryOptions = {}): Promise<Result> {
  const { pausesMs = usualPausesMs, mayRetry = ({ retryable }) => retryable, signal } = options
  for (let i = 0; ; i++) {
    try {
      return await attempt()
    } catch (error) {
      const pauseMs = pausesMs[i]
      if (pauseMs === undefined || !SediError.is(error) || !mayRetry(error)) throw error
      const asked = typeof error.details.retryAfterMs === 'number' ? error.details.retryAfterMs : 0
      if (asked > longestPauseMs) throw error
      await pause(Math.max(pauseMs, asked), { signal })
    }
  }
}

/** Waits; rejects with `aborted` as soon as the call is. */
export async function pause(ms: number, { signal }: CallOptions): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch((cause: unknown) => {
    throw abortedError(cause)
  })
}
