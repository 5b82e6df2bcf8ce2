import type { LimitedKey, Limiter } from '@sedi/spec'
import { createLimiter, type LimiterOptions } from '../../../limits/limiter.ts'
import { createMemoryWindow } from '../../../limits/memory-window.ts'
import { monotonicMs } from '../../../limits/monotonic-clock.ts'
import type { Place, RateWindow, Wait } from '../../../limits/rate-window.ts'
import { statedForMs } from '../../../limits/stated-limit.ts'
import { createWindowOnDemand } from '../../../limits/window-on-demand.ts'
import type { Server } from '../server.ts'
import { createPostgresWindow, type PostgresWindowOptions } from './window.ts'

export type SharedLimiterOptions = LimiterOptions & Partial<Pick<PostgresWindowOptions, 'jitter' | 'now'>>

/**
 * A limiter whose requests and tokens per minute are counted over all processes of a store, on whatever machine. Without a limit, configured,
 * stated by the provider, or known to the store already, nothing is shared or written.
 */
export function createSharedLimiter(
  server: Server,
  { provider, keyHash }: LimitedKey,
  { monotonic = monotonicMs, jitter = Math.random, now, ...options }: SharedLimiterOptions,
): Limiter {
  const { requestsPerMinute, tokensPerMinute, windowMs } = options
  const limits = { requestsPerMinute, tokensPerMinute, windowMs }
  const key = `${provider} ${keyHash}`
  const share = (): RateWindow => createPostgresWindow({ ...limits, server, key, jitter, now })
  if (requestsPerMinute !== undefined || tokensPerMinute !== undefined) return createLimiter({ ...options, monotonic, window: share() })
  const alone = createWindowOnDemand(createMemoryWindow({ ...limits, monotonic }), share)
  return createLimiter({ ...options, monotonic, window: createAskingWindow(alone, share, () => isKnown(server, key, now?.() ?? 'now_ms()')) })
}

/** Whether another run of the store has been told something about the key that still holds. */
async function isKnown(server: Server, key: string, now: string): Promise<boolean> {
  const stated = `SELECT 1 FROM rate_stated WHERE key = $1 AND at > ${now} - $2`
  const quiet = `SELECT 1 FROM rate_key WHERE key = $1 AND quiet_until > ${now}`
  return (await server.query(`${stated} UNION ALL ${quiet} LIMIT 1`, [key, statedForMs])).rows.length > 0
}

/** Asks once, before the first place is taken, whether there is something to share. */
function createAskingWindow(alone: RateWindow, share: () => RateWindow, known: () => Promise<boolean>): RateWindow {
  let asked: Promise<RateWindow> | undefined
  let current: RateWindow | undefined

  async function ask(): Promise<RateWindow> {
    const window = (await known().catch(() => false)) ? share() : alone
    current = window
    return window
  }

  async function takeOnceKnown(tokens: number, next: readonly number[] | undefined): Promise<Place | Wait> {
    asked ??= ask()
    return (await asked).take(tokens, next)
  }

  return {
    take: (tokens, next) => current?.take(tokens, next) ?? takeOnceKnown(tokens, next),
    learn: (limits) => (current ?? alone).learn(limits),
    quiet: (forMs) => (current ?? alone).quiet(forMs),
    leave: () => current?.leave(),
    close() {
      alone.close()
      if (current !== undefined && current !== alone) current.close()
    },
  }
}
