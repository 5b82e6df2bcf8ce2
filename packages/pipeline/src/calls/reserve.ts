import { setTimeout } from 'node:timers/promises'
import { type AttemptFact, type Budget, type BudgetDecision, SediError } from '@sedi/spec'
import { toUsd } from './money.ts'

/** Reserves for attempts, waiting for calls in flight to settle while they may still make room. */
export type Reservations = {
  /** Throws `budget-exhausted` when it does not fit and nothing in flight can make room, and what `whyStopped` gives once it gives something. */
  reserve(attempt: AttemptFact): Promise<void>
  /** Some attempt has ended. */
  changed(): void
}

/** @param lookAgainMs where attempts of other processes, whose end is not announced here, may make room */
export function createReservations(budget: Budget, whyStopped: () => SediError | undefined, lookAgainMs?: number): Reservations {
  let announce = (): void => {}
  let change = next()

  function next(): Promise<void> {
    return new Promise((resolve) => {
      announce = resolve
    })
  }

  return {
    async reserve(attempt) {
      for (;;) {
        const changed = change
        const decision = await budget.reserve(attempt)
        if (decision.granted) return
        if ((decision.exceeds === 'tokens' ? decision.openTokens : decision.openNanoUsd) === 0) throw exhausted(decision, attempt)
        await (lookAgainMs === undefined ? changed : Promise.race([changed, setTimeout(lookAgainMs)]))
        const stopped = whyStopped()
        if (stopped !== undefined) throw stopped
      }
    },
    changed() {
      announce()
      change = next()
    },
  }
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
