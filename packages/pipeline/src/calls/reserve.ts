import { setTimeout } from 'node:timers/promises'
import { type AttemptFact, type Budget, type BudgetDecision, SediError } from '@sedi/spec'
import { toUsd } from './money.ts'
import { stoppedError } from './sleep.ts'

/** To be called once, when the attempt has its outcome or is no longer awaited here. */
export type AttemptEnded = () => void

/**
 * Reserves for everything that one process buys for a run, waiting for attempts in flight to settle while they may still make room. One for the
 * whole run: whoever waits for room waits for what all the others have in flight.
 */
export type Reservations = {
  /**
   * Records the attempt as the budget's `reserve` does. Throws `budget-exhausted` when it does not fit and nothing in flight can make room; while it
   * waits, what `why` gives (by default: stopped) as soon as `stop` is aborted.
   */
  reserve(attempt: AttemptFact, stop: AbortSignal, why?: () => SediError | undefined): Promise<AttemptEnded>
  /** An attempt that has its reservation from an earlier process is awaited here again. */
  rejoin(): AttemptEnded
}

/** How often to ask for room again where attempts of other processes, whose end nobody announces here, may make it. */
const lookAgainMs = 1000

/** @param others whether other processes make calls of the run as well */
export function createReservations(budget: Budget, { others = false }: { readonly others?: boolean | undefined } = {}): Reservations {
  let announce = (): void => {}
  let change = next()
  /** What is in flight here, or being asked for right now. */
  let inFlight = 0

  function next(): Promise<void> {
    return new Promise((resolve) => {
      announce = resolve
    })
  }

  function changed(): void {
    announce()
    change = next()
  }

  function begin(): AttemptEnded {
    inFlight++
    return () => {
      inFlight--
      changed()
    }
  }

  return {
    async reserve(attempt, stop, why = () => undefined) {
      for (;;) {
        const coming = change
        const ended = begin()
        const decision = await budget.reserve(attempt).catch((error: unknown) => {
          ended()
          throw error
        })
        if (decision.granted) return ended
        inFlight--
        const open = decision.exceeds === 'tokens' ? decision.openTokens : decision.openNanoUsd
        if (open === 0 || (inFlight === 0 && !others)) {
          // Whoever waited for this one waits for nothing now.
          changed()
          throw exhausted(decision, attempt)
        }
        await either(coming, stop, others ? lookAgainMs : longestTimerMs)
        if (stop.aborted) throw why() ?? stoppedError()
      }
    },
    rejoin: begin,
  }
}

const longestTimerMs = 2 ** 31 - 1

/** The change, the end of `stop`, or so much time: whichever is first. */
async function either(change: Promise<void>, stop: AbortSignal, ms: number): Promise<void> {
  const over = new AbortController()
  await Promise.race([change, setTimeout(ms, undefined, { signal: AbortSignal.any([stop, over.signal]) }).catch(() => {})])
  over.abort()
}

function exhausted(decision: BudgetDecision, attempt: AttemptFact): SediError {
  if (decision.exceeds === 'tokens') {
    const needed = attempt.reservedInputTokens + attempt.reservedOutputTokens
    return new SediError(
      'budget-exhausted',
      `The budget does not cover the next call: ${decision.committedTokens} tokens are committed and the call may use up to ${needed}. Raise it to continue: sedi resume <run> --max-tokens N.`,
    )
  }
  return new SediError(
    'budget-exhausted',
    `The budget does not cover the next call: $${toUsd(decision.committedNanoUsd).toFixed(6)} are committed${byOthers(decision)} and the call may cost up to $${toUsd(attempt.reservedNanoUsd ?? 0).toFixed(6)}. Raise it to continue: sedi resume <run> --max-cost USD.`,
  )
}

function byOthers({ othersNanoUsd }: BudgetDecision): string {
  return othersNanoUsd === 0 ? '' : ` ($${toUsd(othersNanoUsd).toFixed(6)} of it by other runs that share the budget)`
}
