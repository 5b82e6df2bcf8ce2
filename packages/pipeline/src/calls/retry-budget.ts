/** How many retries the run may still send at once. Pure. */
export type RetryBudget = {
  answered(): void
  /** Takes one retry; false when none is left, and the retry should wait as long as retries ever do. */
  take(): boolean
}

const initialRetries = 50
const mostRetries = 200

/**
 * One retry per answer in the long run, 50 to begin with: what is tried again can at most double the load on a provider in trouble, however
 * many calls are in flight.
 */
export function createRetryBudget(): RetryBudget {
  let left = initialRetries
  return {
    answered() {
      left = Math.min(mostRetries, left + 1)
    },
    take() {
      if (left < 1) return false
      left--
      return true
    },
  }
}
