export type AdaptiveConcurrencyOptions = {
  /** Most calls in flight, ever. */
  readonly most: number
  /** Calls in flight to begin with. */
  readonly start: number
}

export type Answered = {
  readonly latencyMs: number
  /** Calls in flight when it came, itself included. */
  readonly inFlight: number
}

/** How many calls may be in flight. Pure: time and events are arguments. */
export type AdaptiveConcurrency = {
  /** At least 1. */
  readonly limit: number
  answered(answer: Answered): void
  /** The provider was too busy for an attempt sent at `startedAt` (429, 503, a time-out). Times in milliseconds. */
  overloaded(startedAt: number, now: number): void
}

/** So much slower than it has been, on average, and more calls in flight are no help. */
const tooSlow = 3
/** Weight of one answer in the mean latency. */
const weight = 0.1

/**
 * Additive increase, multiplicative decrease (Chiu and Jain 1989), as TCP does it: one more per answer until the first sign of overload, so the number doubles each time
 * all calls in flight are answered; from then on one more each time. Overload halves it, once for all attempts that were in flight together.
 * It grows only while at least half of it is in use and the mean latency stays below three times the lowest mean so far.
 */
export function createAdaptiveConcurrency({ most, start }: AdaptiveConcurrencyOptions): AdaptiveConcurrency {
  let exact = Math.max(1, Math.min(start, most))
  let doubling = true
  let decreasedAt = Number.NEGATIVE_INFINITY
  let mean: number | undefined
  let lowestMean = Number.POSITIVE_INFINITY
  const limit = (): number => Math.floor(exact)

  return {
    get limit() {
      return limit()
    },
    answered({ latencyMs, inFlight }) {
      mean = mean === undefined ? latencyMs : mean + weight * (latencyMs - mean)
      lowestMean = Math.min(lowestMean, mean)
      if (inFlight < limit() / 2 || mean > tooSlow * lowestMean) return
      exact = Math.min(most, exact + (doubling ? 1 : 1 / limit()))
    },
    overloaded(startedAt, now) {
      if (startedAt < decreasedAt) return
      exact = Math.max(1, exact / 2)
      doubling = false
      decreasedAt = now
    },
  }
}
