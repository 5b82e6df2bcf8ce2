import { type Limiter, type Permit, SediError } from '@sedi/spec'

export type LimiterOptions = {
  /** Calls in flight. */
  readonly concurrency: number
  readonly requestsPerMinute?: number | undefined
  readonly tokensPerMinute?: number | undefined
  readonly clock?: (() => number) | undefined
}

type Sent = { readonly at: number; tokens: number }

const minute = 60_000

/**
 * Keeps a key's limits within this process: at most so many calls in flight, and in any 60 seconds at most so many requests and tokens.
 * Requests are served in the order they came. A request that alone exceeds the token limit is sent when nothing else was sent in the last minute.
 */
export function createLimiter({ concurrency, requestsPerMinute, tokensPerMinute, clock = Date.now }: LimiterOptions): Limiter {
  let inFlight = 0
  let blockedUntil = 0
  let sent: Sent[] = []
  let queue: { readonly tokens: number; readonly grant: (permit: Permit) => void }[] = []
  let timer: NodeJS.Timeout | undefined

  /** How long the first in line has to wait; Infinity until a permit comes back. */
  function waitMs(tokens: number, now: number): number {
    if (inFlight >= concurrency) return Number.POSITIVE_INFINITY
    sent = sent.filter(({ at }) => at > now - minute)
    const waits = [blockedUntil - now]
    if (requestsPerMinute !== undefined && sent.length >= requestsPerMinute) waits.push(sent[sent.length - requestsPerMinute]!.at + minute - now)
    if (tokensPerMinute !== undefined) waits.push(tokenWait(tokens, tokensPerMinute, now))
    return Math.max(0, ...waits)
  }

  function tokenWait(tokens: number, limit: number, now: number): number {
    let used = sent.reduce((sum, one) => sum + one.tokens, 0)
    for (const one of sent) {
      if (used + tokens <= limit) return 0
      used -= one.tokens
      if (used + tokens <= limit || used <= 0) return one.at + minute - now
    }
    return 0
  }

  function serve(): void {
    clearTimeout(timer)
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const now = clock()
      const wait = waitMs(first.tokens, now)
      if (wait > 0) {
        if (Number.isFinite(wait)) timer = setTimeout(serve, Math.ceil(wait))
        return
      }
      queue.shift()
      const entry: Sent = { at: now, tokens: first.tokens }
      sent.push(entry)
      inFlight++
      first.grant({
        release(usedTokens) {
          if (usedTokens !== undefined) entry.tokens = usedTokens
          inFlight--
          serve()
        },
      })
    }
  }

  return {
    acquire(tokens, call = {}) {
      return new Promise<Permit>((resolve, reject) => {
        const waiting = { tokens, grant }
        function grant(permit: Permit): void {
          call.signal?.removeEventListener('abort', leave)
          resolve(permit)
        }
        function leave(): void {
          queue = queue.filter((other) => other !== waiting)
          reject(new SediError('aborted', 'Stopped while waiting for a place under the rate limit.'))
          serve()
        }
        if (call.signal?.aborted === true) return leave()
        call.signal?.addEventListener('abort', leave, { once: true })
        queue.push(waiting)
        serve()
      })
    },
    blockUntil(timeMs) {
      blockedUntil = Math.max(blockedUntil, timeMs)
      serve()
    },
  }
}
