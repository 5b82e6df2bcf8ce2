import { minuteMs, type Place, type RateWindow, requestWait, tokenWait, type WindowOptions } from './rate-window.ts'

type Sent = { readonly at: number; tokens: number }

/** A window of this process alone. */
export function createMemoryWindow({ requestsPerMinute, tokensPerMinute, windowMs = minuteMs, monotonic }: WindowOptions): RateWindow {
  let sent: Sent[] = []
  let quietUntil = Number.NEGATIVE_INFINITY

  function waitMs(tokens: number, now: number): number {
    const waits = [0, quietUntil - now]
    if (requestsPerMinute !== undefined) waits.push(requestWait(sent.length, requestsPerMinute, now - windowMs, (n) => sent[n]!.at))
    if (tokensPerMinute !== undefined) {
      const used = sent.reduce((sum, one) => sum + one.tokens, 0)
      waits.push(tokenWait(sent, used, tokens, tokensPerMinute, now - windowMs))
    }
    return Math.max(...waits)
  }

  return {
    take(tokens): Place | { readonly waitMs: number } {
      const now = monotonic()
      sent = sent.filter(({ at }) => at > now - windowMs)
      const wait = waitMs(tokens, now)
      if (wait > 0) return { waitMs: wait }
      const place: Sent = { at: now, tokens }
      if (requestsPerMinute !== undefined || tokensPerMinute !== undefined) sent.push(place)
      return {
        waitMs: 0,
        correct(usedTokens) {
          place.tokens = usedTokens
        },
      }
    },
    quiet(forMs) {
      quietUntil = Math.max(quietUntil, monotonic() + forMs)
    },
    leave() {},
    close() {},
  }
}
