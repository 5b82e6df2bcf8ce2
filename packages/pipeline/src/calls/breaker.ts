import type { ErrorCode } from '@sedi/spec'

export type FailedAttempt = { readonly callId: string; readonly code: ErrorCode; readonly message: string; readonly at: number }

/** Notices that a provider is in trouble, as opposed to a single call. Pure: times are arguments, in milliseconds. */
export type Breaker = {
  answered(at: number): void
  /** Why nothing more should be sent, in words; undefined while all may go on. */
  failed(attempt: FailedAttempt): string | undefined
}

const inARow = { attempts: 12, calls: 3, lastingMs: 5000 }
const inAMinute = { attempts: 40, calls: 10, share: 0.5 }
const limited = { attempts: 20, lastingMs: 10 * 60_000 }
const secondsOfMinute = 60

/**
 * Opens after 12 failures in a row, of three calls or more, over at least five seconds; or when more than half of the last minute's attempts failed, of 40 or
 * more and ten calls or more. Being told to slow down is no failure, unless there has been no answer for ten minutes. It does not close again: resuming the
 * run does that, beginning with one call.
 */
export function createBreaker(): Breaker {
  let row: FailedAttempt[] = []
  let refusals: FailedAttempt[] = []
  /** The last minute, second by second. */
  const seconds: { readonly second: number; attempts: number; readonly failedCalls: string[] }[] = []

  function remember(at: number, failedCall: string | undefined): void {
    const second = Math.floor(at / 1000)
    if (seconds.at(-1)?.second !== second) seconds.push({ second, attempts: 0, failedCalls: [] })
    while (seconds[0]!.second <= second - secondsOfMinute) seconds.shift()
    const now = seconds.at(-1)!
    now.attempts++
    if (failedCall !== undefined) now.failedCalls.push(failedCall)
  }

  function failedInARow(last: FailedAttempt): string | undefined {
    const lasting = last.at - row[0]!.at
    if (row.length < inARow.attempts || distinctCalls(row) < inARow.calls || lasting < inARow.lastingMs) return undefined
    return `${row.length} attempts of ${distinctCalls(row)} calls failed one after another within ${Math.round(lasting / 1000)} s`
  }

  function failedWithinAMinute(): string | undefined {
    const attempts = seconds.reduce((sum, one) => sum + one.attempts, 0)
    const failures = seconds.flatMap(({ failedCalls }) => failedCalls)
    if (attempts < inAMinute.attempts || new Set(failures).size < inAMinute.calls) return undefined
    return failures.length / attempts > inAMinute.share ? `${failures.length} of the last minute’s ${attempts} attempts failed` : undefined
  }

  return {
    answered(at) {
      row = []
      refusals = []
      remember(at, undefined)
    },
    failed(attempt) {
      if (attempt.code === 'rate-limited') {
        refusals.push(attempt)
        const lasting = attempt.at - refusals[0]!.at
        if (refusals.length < limited.attempts || lasting < limited.lastingMs) return undefined
        return `The provider has refused every call for ${Math.round(lasting / 60_000)} minutes because its rate limit is reached; perhaps others use the same key. It said last: ${attempt.message}`
      }
      row.push(attempt)
      remember(attempt.at, attempt.callId)
      const what = failedInARow(attempt) ?? failedWithinAMinute()
      if (what === undefined) return undefined
      const trouble = row.length > 0 && row.every(({ code }) => code === 'timeout') ? 'does not answer in time' : 'seems to be in trouble'
      return `The provider ${trouble}: ${what}. The last one: ${attempt.message}`
    },
  }
}

const distinctCalls = (attempts: readonly FailedAttempt[]): number => new Set(attempts.map(({ callId }) => callId)).size
