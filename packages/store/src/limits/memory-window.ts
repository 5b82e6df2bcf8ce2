import type { RateLimits } from '@sedi/spec'
import { lateMs, minuteMs, type Place, paceWait, payOne, type RateWindow, spanMs, type Wait, type WindowOptions } from './rate-window.ts'
import { foreignUse, lower, statedForMs, statedLimit } from './stated-limit.ts'
import { createUsageLog, type Dimension, type Use } from './usage-log.ts'

type Stated = { readonly limit: number; readonly until: number }

/** A window of this process alone. */
export function createMemoryWindow({ requestsPerMinute, tokensPerMinute, windowMs = minuteMs, monotonic }: WindowOptions): RateWindow {
  const span = spanMs(windowMs)
  const configured: Readonly<Record<Dimension, number | undefined>> = { requests: requestsPerMinute, tokens: tokensPerMinute }
  const stated: Partial<Record<Dimension, Stated>> = {}
  const log = createUsageLog()
  let quietUntil = Number.NEGATIVE_INFINITY
  let paidUntil = Number.NEGATIVE_INFINITY

  function statedNow(dimension: Dimension, now: number): number | undefined {
    const known = stated[dimension]
    return known === undefined || known.until <= now ? undefined : known.limit
  }

  /** Ours under the configured limit, and everybody's under the stated one. */
  function wait(dimension: Dimension, wanted: number, now: number): number {
    const [own, all] = [configured[dimension], statedNow(dimension, now)]
    return Math.max(
      own === undefined ? 0 : log.wait(dimension, 'own', wanted, own, now - span),
      all === undefined ? 0 : log.wait(dimension, 'all', wanted, all, now - span),
    )
  }

  return {
    take(tokens): Place | Wait {
      const now = monotonic()
      log.forget(now - span)
      const requestLimit = lower(configured.requests, statedNow('requests', now))
      const pace = requestLimit === undefined ? 0 : paceWait(paidUntil, now, windowMs)
      const forTokens = wait('tokens', tokens, now)
      const waitMs = Math.max(quietUntil - now, pace, wait('requests', 1, now), forTokens)
      if (waitMs > 0) return { waitMs, forTokens: forTokens > 0 }
      if (requestLimit !== undefined) paidUntil = payOne(paidUntil, now, requestLimit, windowMs)
      const use: Use = { at: now, requests: 1, tokens, foreign: false }
      const limited = requestLimit !== undefined || lower(configured.tokens, statedNow('tokens', now)) !== undefined
      if (limited) log.enter(use)
      return {
        waitMs: 0,
        sent() {
          const earliest = monotonic() - lateMs(windowMs)
          if (limited && earliest > use.at) log.move(use, earliest)
        },
        correct: (usedTokens) => limited && log.correct(use, usedTokens),
      }
    },
    learn(limits: RateLimits) {
      const now = monotonic()
      log.forget(now - span)
      for (const dimension of ['requests', 'tokens'] as const) {
        const said = statedLimit(limits[dimension])
        if (said === undefined) continue
        stated[dimension] = { limit: said.limit, until: now + statedForMs }
        const foreign = foreignUse(said, log.used(dimension, 'all'), now, span)
        if (foreign !== undefined) log.enter({ requests: 0, tokens: 0, foreign: true, at: foreign.at, [dimension]: foreign.amount })
      }
    },
    quiet(forMs) {
      quietUntil = Math.max(quietUntil, monotonic() + forMs)
    },
    leave() {},
    close() {},
  }
}
