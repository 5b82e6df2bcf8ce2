import { existsSync } from 'node:fs'
import type { LimitedKey, Limiter } from '@sedi/spec'
import { createLimiter, type LimiterOptions } from '../../../limits/limiter.ts'
import { createMemoryWindow } from '../../../limits/memory-window.ts'
import { monotonicMs } from '../../../limits/monotonic-clock.ts'
import type { RateWindow } from '../../../limits/rate-window.ts'
import { statedForMs } from '../../../limits/stated-limit.ts'
import { createWindowOnDemand } from '../../../limits/window-on-demand.ts'
import { openSharedDatabase, sharedDatabasePath } from './shared-database.ts'
import { createSqliteWindow } from './sqlite-window.ts'

/** Another process holds the lock for microseconds, or for one wait on the disk; longer than this is waited by timer. */
const busyTimeoutMs = 20

/**
 * A limiter whose requests and tokens per minute are counted over all processes of a store. Without a limit, configured, stated by the provider, or
 * known to the store already, nothing is shared or opened.
 */
export function createSharedLimiter(
  storeFolder: string,
  { provider, keyHash }: LimitedKey,
  { monotonic = monotonicMs, jitter = Math.random, ...options }: LimiterOptions & { readonly jitter?: (() => number) | undefined },
): Limiter {
  const { requestsPerMinute, tokensPerMinute, windowMs } = options
  const limits = { requestsPerMinute, tokensPerMinute, windowMs, monotonic }
  const share = (): RateWindow => {
    const database = openSharedDatabase(storeFolder, busyTimeoutMs)
    return createSqliteWindow({ ...limits, database, storeFolder, key: `${provider} ${keyHash}`, jitter })
  }
  const known = requestsPerMinute !== undefined || tokensPerMinute !== undefined || isKnown(storeFolder, `${provider} ${keyHash}`, monotonic())
  const window = known ? share() : createWindowOnDemand(createMemoryWindow(limits), share)
  return createLimiter({ ...options, monotonic, window })
}

/** Whether another run of the store has been told something about the key that still holds. */
function isKnown(storeFolder: string, key: string, now: number): boolean {
  if (!existsSync(sharedDatabasePath(storeFolder))) return false
  try {
    const database = openSharedDatabase(storeFolder, busyTimeoutMs)
    try {
      const rows = 'SELECT 1 FROM stated WHERE key = ?1 AND at > ?2 - ?3 UNION ALL SELECT 1 FROM quiet WHERE key = ?1 AND until > ?2 LIMIT 1'
      return database.prepare(rows).get(key, now, statedForMs) !== undefined
    } finally {
      database.close()
    }
  } catch {
    return false
  }
}
