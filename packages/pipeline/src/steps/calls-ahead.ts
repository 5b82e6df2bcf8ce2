import { toNanoUsd } from '../calls/money.ts'
import type { Run } from '../run-context.ts'

/**
 * How far ahead of the completion at hand calls are made when the round's end is not a number of calls: all of them may be surplus. A
 * provider that wants many at once (a batch) gets as many as the target will need at the yield and price seen so far, and at least
 * `limits.concurrency`; before there is any, as many as would do if every task were kept.
 */
export function callsAhead(round: number, run: Pick<Run, 'config' | 'adapters' | 'pool' | 'filtered' | 'spentNanoUsd'>): number {
  const { limits, target, rounds, prompt } = run.config
  const wanted = run.adapters.generator.preferredConcurrency ?? 0
  if (wanted <= limits.concurrency) return limits.concurrency
  const share = round / rounds
  const seen = run.filtered.size
  const kept = run.pool.examples.length
  const needed = [wanted]
  if (target.kept !== undefined) {
    const keptPerCall = kept === 0 ? prompt.tasksPerCall : kept / seen
    needed.push(Math.ceil((Math.ceil(target.kept * share) - kept) / keptPerCall))
  }
  if (target.costUsd !== undefined && run.spentNanoUsd > 0) {
    needed.push(Math.ceil(((toNanoUsd(target.costUsd) * share - run.spentNanoUsd) * seen) / run.spentNanoUsd))
  }
  return Math.max(limits.concurrency, Math.min(...needed))
}
