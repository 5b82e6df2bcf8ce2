import { type AttemptFact, callIdOf, indexOfCall, type Ledger, type RunConfig } from '@sedi/spec'
import type { PlannedCall } from '../calls/buy-completion.ts'
import { createSeedSet } from '../state/seed-set.ts'
import { planCall, promptSources, strategyOf } from './plan-call.ts'

/**
 * What an attempt of the round that is under way asked, decided once more from the ledger. undefined for questions about items, which depend
 * on verdicts that may not be there yet.
 */
export async function planAgain(ledger: Ledger, config: RunConfig): Promise<(attempt: Pick<AttemptFact, 'callId' | 'round'>) => PlannedCall | undefined> {
  const seeds = createSeedSet(await ledger.find('seed-event')).active()
  const kept = strategyOf(config).keptExamples === 0 ? [] : await ledger.find('candidate', { verdict: 'kept' })
  return ({ callId, round }) => {
    const index = indexOfCall(callId)
    if (index === undefined || callIdOf(round, index) !== callId) return undefined
    return planCall(config, round, index, promptSources(config, round, seeds, kept))
  }
}
