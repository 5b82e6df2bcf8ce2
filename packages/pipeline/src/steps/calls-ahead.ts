import { toNanoUsd } from '../calls/money.ts'
import type { Run } from '../run-context.ts'

/**
 * How far ahead of the completion at hand calls are made when the round's end is not a number of calls: each of them may be surplus, paid for
 * and never used. So no more than the target is likely to need at the yield and price seen so far, and before there is any, as many as would do
 * if every task were kept. Towards the end of a round that is one or two at a time: slower by a few answers, and nothing is bought in vain.
 * A provider that gathers calls (a batch takes hours) gets at least `limits.concurrency`, or every round would wait for another batch.
 */
export function callsAhead(round: number, run: Pick<Run, 'config' | 'adapters' | 'pool' | 'filtered' | 'spentNanoUsd'>): number {
  const { limits, target, rounds, prompt } = run.config
  const preferred = run.adapters.generator.preferredConcurrency ?? 0
  const share = round / rounds
  const seen = run.filtered.size
  const kept = run.pool.examples.length
  const needed = [Math.max(limits.concurrency, preferred)]
  if (target.kept !== undefined) {
    const keptPerCall = kept === 0 ? prompt.tasksPerCall : kept / seen
    needed.push(Math.ceil((Math.ceil(target.kept * share) - kept) / keptPerCall))
  }
  if (target.costUsd !== undefined && run.spentNanoUsd > 0) {
    needed.push(Math.ceil(((toNanoUsd(target.costUsd) * share - run.spentNanoUsd) * seen) / run.spentNanoUsd))
  }
  return Math.max(preferred > limits.concurrency ? limits.concurrency : 1, Math.min(...needed))
}
