import type { RunOverview } from '../../api/runs.ts'
import { formatCount, formatShare, formatUsd } from '../../format.ts'

/** How far a run is to its target, by whichever part of it is nearest; undefined without one. */
export function progressOf({ target, calls, kept, costUsd }: RunOverview): { readonly share: number; readonly words: string } | undefined {
  const parts = [
    ...(target.calls === undefined ? [] : [{ share: calls / target.calls, words: `${formatCount(calls)} of ${formatCount(target.calls)} answers` }]),
    ...(target.kept === undefined ? [] : [{ share: kept / target.kept, words: `${formatCount(kept)} of ${formatCount(target.kept)} kept instructions` }]),
    ...(target.costUsd === undefined || costUsd === null
      ? []
      : [{ share: costUsd / target.costUsd, words: `${formatUsd(costUsd)} of ${formatUsd(target.costUsd)}` }]),
  ]
  const nearest = parts.toSorted((a, b) => b.share - a.share)[0]
  return nearest && { ...nearest, share: Math.min(1, nearest.share) }
}

type Shadow = NonNullable<RunOverview['shadow']>

/** What the shadow baseline says about the run: it is the same texts and the same bill, so only the filter differs. */
export function againstShadow(ownUsd: number | null, { threshold, kept, keptThen, asOfRaw, sameFilter, costPerKeptUsd }: Shadow): string {
  if (sameFilter) return 'the run’s own filter is the baseline’s'
  const yields = `${formatCount(kept)} of ${formatCount(asOfRaw)} kept at ${threshold}; the run keeps ${formatCount(keptThen)}`
  if (ownUsd === null || costPerKeptUsd === null || costPerKeptUsd === 0) return yields
  const change = ownUsd / costPerKeptUsd - 1
  const words = Math.abs(change) < 0.0005 ? 'the run pays as much' : `the run pays ${formatShare(Math.abs(change))} ${change < 0 ? 'less' : 'more'}`
  return `${words} (${yields})`
}
