import type { AttemptFact, Ledger, RunConfig, SeedTask } from '@sedi/spec'
import type { PlannedCall } from '../calls/buy-completion.ts'
import { createSeedSet } from '../state/seed-set.ts'
import { callIdOf, roundOfCandidate } from './ids.ts'
import { planCall, strategyOf } from './plan-call.ts'

/**
 * What an attempt of the round that is under way asked, decided once more from the ledger. undefined for questions about items, which depend
 * on verdicts that may not be there yet.
 */
export async function planAgain(ledger: Ledger, config: RunConfig): Promise<(attempt: Pick<AttemptFact, 'callId' | 'round'>) => PlannedCall | undefined> {
  const seeds = createSeedSet(await ledger.find('seed-event')).active()
  const kept = strategyOf(config).keptExamples === 0 ? [] : await ledger.find('candidate', { verdict: 'kept' })
  const examples = kept.map(({ id, instruction, input, output }): SeedTask => ({ id, origin: 'machine', instruction, input, output }))
  return ({ callId, round }) => {
    const index = Number(/^r\d+-c(\d+)$/.exec(callId)?.[1] ?? Number.NaN)
    if (Number.isNaN(index) || callIdOf(round, index) !== callId) return undefined
    return planCall(config, round, index, { seeds, kept: examples.filter(({ id }) => roundOfCandidate(id) < round) })
  }
}
