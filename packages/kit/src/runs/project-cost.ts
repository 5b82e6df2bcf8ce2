import { toUsd } from '@sedi/pipeline'
import type { RunConfig, Totals } from '@sedi/spec'

/**
 * What the whole run will have cost in dollars if it goes on as it has: what one call, or one kept instruction, has cost so far times the
 * target; the smallest over the targets that are set. Null before the first answer and at an unknown price. Answers bought beyond a target are not foreseen.
 */
export function projectCostUsd({ target }: Pick<RunConfig, 'target'>, totals: Totals): number | null {
  const first = totals.calls - totals.followUpCalls
  if (totals.unpricedCalls > 0 || first === 0) return null
  const spent = toUsd(totals.settledNanoUsd)
  const ends = [
    target.calls === undefined ? undefined : (spent / first) * target.calls,
    target.kept === undefined || totals.kept === 0 ? undefined : (spent / totals.kept) * target.kept,
    target.costUsd,
  ].filter((end) => end !== undefined)
  return ends.length === 0 ? null : Math.max(spent, Math.min(...ends))
}
