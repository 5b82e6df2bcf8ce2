import type { RateWindow } from './rate-window.ts'
import { statedLimit } from './stated-limit.ts'

/** A window of this process that becomes a shared one as soon as there is something to share: a limit, or a request to wait. */
export function createWindowOnDemand(window: RateWindow, share: () => RateWindow): RateWindow {
  let current = window
  let shared = false

  function shareNow(): void {
    if (shared) return
    try {
      current = share()
    } catch {
      // Limits that were not asked for must not end a run: where nothing can be shared this process keeps to them alone.
    }
    shared = true
  }

  return {
    take: (tokens, next) => current.take(tokens, next),
    learn(limits) {
      if (statedLimit(limits.requests) !== undefined || statedLimit(limits.tokens) !== undefined) shareNow()
      current.learn(limits)
    },
    quiet(forMs) {
      if (forMs > 0) shareNow()
      current.quiet(forMs)
    },
    leave: () => current.leave(),
    close: () => current.close(),
  }
}
