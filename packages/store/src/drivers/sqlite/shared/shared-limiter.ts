import type { LimitedKey, Limiter } from '@sedi/spec'
import { createLimiter, type LimiterOptions } from '../../../limits/limiter.ts'
import { monotonicMs } from '../../../limits/monotonic-clock.ts'
import { openSharedDatabase } from './shared-database.ts'
import { createSqliteWindow } from './sqlite-window.ts'

/** Another process holds the lock for microseconds, or for one wait on the disk; longer than this is waited by timer. */
const busyTimeoutMs = 20

/** A limiter whose requests and tokens per minute are counted over all processes of a store. Without such a limit nothing is shared or opened. */
export function createSharedLimiter(
  storeFolder: string,
  { provider, keyHash }: LimitedKey,
  { monotonic = monotonicMs, jitter = Math.random, ...options }: LimiterOptions & { readonly jitter?: (() => number) | undefined },
): Limiter {
  const { requestsPerMinute, tokensPerMinute, windowMs } = options
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) return createLimiter({ ...options, monotonic })
  const database = openSharedDatabase(storeFolder, busyTimeoutMs)
  const window = createSqliteWindow({ database, storeFolder, key: `${provider} ${keyHash}`, requestsPerMinute, tokensPerMinute, windowMs, monotonic, jitter })
  return createLimiter({ ...options, monotonic, window })
}
