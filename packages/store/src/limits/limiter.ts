import { type Limiter, type LimitOptions, type Permit, SediError } from '@sedi/spec'
import { createMemoryWindow } from './memory-window.ts'
import { monotonicMs } from './monotonic-clock.ts'
import type { Place, RateWindow, Wait } from './rate-window.ts'

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
  /** The window is being asked for the first in line. */
  let asking = false
  /** Set while the first in line waits for the window. */
  let timer: NodeJS.Timeout | undefined
  let waitsForTokens = false
  let closed = false

  function serve(): void {
    if (asking) return
    clearTimeout(timer)
    timer = undefined
    while (queue.length > 0 && inFlight < allowed && !closed) {
      const first = queue[0]!
      const answer = take(first)
      if (answer instanceof Promise) {
        asking = true
        void answer.then((later) => {
          asking = false
          if (!follow(first, later)) serve()
        })
        return
      }
      if (follow(first, answer)) return
    }
    window.leave()
  }

  type Answer = Place | Wait | { readonly error: unknown }

  function take({ tokens }: Waiting): Answer | Promise<Answer> {
    try {
      const next = queue.slice(1, Math.max(1, allowed - inFlight))
      const taken = window.take(
        tokens,
        next.map((waiting) => waiting.tokens),
      )
      return taken instanceof Promise ? taken.catch((error: unknown) => ({ error })) : taken
    } catch (error) {
      return { error }
    }
  }

  /** Does what the window said for the first in line; true when that has to wait. Who has left meanwhile needs no place: its tokens are given back. */
  function follow(first: Waiting, answer: Answer): boolean {
    const isThere = queue[0] === first
    if ('correct' in answer) {
      if (isThere) grant(first, answer)
      else answer.correct(0)
      return false
    }
    if (!isThere) return false
    if ('error' in answer) {
      queue.shift()
      first.refuse(answer.error)
      return false
    }
    if (answer.waitMs <= 0 || closed) return false
    waitsForTokens = answer.forTokens
    timer = setTimeout(serve, Math.max(1, Math.ceil(answer.waitMs)))
    return true
  }

  function grant(first: Waiting, { sent, correct }: Place): void {
    queue.shift()
    inFlight++
    first.grant({ sent, release: once((usedTokens) => release(usedTokens, first.tokens, correct)) })
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
