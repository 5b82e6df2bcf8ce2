import { type Limiter, type LimitOptions, type Permit, SediError } from '@sedi/spec'
import { createMemoryWindow } from './memory-window.ts'
import { monotonicMs } from './monotonic-clock.ts'
import type { RateWindow } from './rate-window.ts'

export type LimiterOptions = LimitOptions & {
  /** The time of day, in which a Retry-After is given. */
  readonly clock?: (() => number) | undefined
  readonly monotonic?: (() => number) | undefined
  /** Length of the window. For tests with real time. @default 60_000 */
  readonly windowMs?: number | undefined
  /** Where requests and tokens per minute are counted; default: in this process. It is closed with the limiter. */
  readonly window?: RateWindow | undefined
}

type Waiting = { readonly tokens: number; readonly grant: (permit: Permit) => void; readonly refuse: (error: unknown) => void }

/** Keeps a key's limits: a line of waiting requests, served in the order they came, at most so many of them in flight. */
export function createLimiter({ concurrency, clock = Date.now, monotonic = monotonicMs, ...options }: LimiterOptions): Limiter {
  const window = options.window ?? createMemoryWindow({ ...options, monotonic })
  let allowed = concurrency
  let inFlight = 0
  let queue: Waiting[] = []
  /** Set while the first in line waits for the window. */
  let timer: NodeJS.Timeout | undefined
  let waitsForTokens = false
  let closed = false

  function serve(): void {
    clearTimeout(timer)
    timer = undefined
    while (queue.length > 0 && inFlight < allowed && !closed) {
      const wait = serveFirst(queue[0]!)
      if (wait > 0) {
        timer = setTimeout(serve, Math.max(1, Math.ceil(wait)))
        return
      }
    }
    window.leave()
  }

  /** How long the first in line has to wait; 0 when it does not any more. */
  function serveFirst(first: Waiting): number {
    try {
      const taken = window.take(first.tokens)
      if (!('correct' in taken)) {
        waitsForTokens = taken.forTokens
        return taken.waitMs
      }
      queue.shift()
      inFlight++
      first.grant({ release: once((usedTokens) => release(usedTokens, first.tokens, taken.correct)) })
    } catch (error) {
      queue.shift()
      first.refuse(error)
    }
    return 0
  }

  function release(usedTokens: number | undefined, estimate: number, correct: (usedTokens: number) => void): void {
    const corrected = usedTokens !== undefined && usedTokens !== estimate
    if (corrected) correct(usedTokens)
    inFlight--
    // Whoever waits for time to pass wakes by itself.
    if (timer === undefined || (corrected && waitsForTokens)) serve()
  }

  return {
    acquire(tokens, call = {}) {
      return new Promise<Permit>((resolve, reject) => {
        const waiting: Waiting = { tokens, grant, refuse }
        function grant(permit: Permit): void {
          call.signal?.removeEventListener('abort', leave)
          resolve(permit)
        }
        function refuse(error: unknown): void {
          call.signal?.removeEventListener('abort', leave)
          reject(error)
        }
        function leave(): void {
          queue = queue.filter((other) => other !== waiting)
          reject(new SediError('aborted', 'Stopped while waiting for a place under the rate limit.'))
          serve()
        }
        if (call.signal?.aborted === true || closed) return leave()
        call.signal?.addEventListener('abort', leave, { once: true })
        queue.push(waiting)
        if (queue.length === 1) serve()
      })
    },
    blockUntil(timeMs) {
      window.quiet(timeMs - clock())
    },
    report(limits) {
      if (!closed) window.learn(limits)
    },
    allow(calls) {
      const before = allowed
      allowed = Math.min(concurrency, Math.max(1, Math.floor(calls)))
      if (allowed > before && timer === undefined) serve()
    },
    close() {
      if (closed) return
      closed = true
      clearTimeout(timer)
      for (const { refuse } of queue.splice(0)) refuse(new SediError('aborted', 'The run was closed while a call waited for a place under the rate limit.'))
      window.leave()
      window.close()
    },
  }
}

function once(work: (value: number | undefined) => void): (value: number | undefined) => void {
  let done = false
  return (value) => {
    if (done) return
    done = true
    work(value)
  }
}
