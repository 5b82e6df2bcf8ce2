import type { ReactElement } from 'react'
import { isAtWork, type RunDetail, type RunOverview } from '../../api/runs.ts'
import { formatCount, formatDuration, formatNumber, formatOf, formatShare, formatUsd } from '../../format.ts'
import { StatTile, StatTiles } from '../../parts/stat-tile.tsx'
import { againstShadow, progressOf } from './figures.ts'

/** The figures that matter, and how far the run is. */
export function Figures({ overview, detail }: { readonly overview: RunOverview; readonly detail: RunDetail | undefined }): ReactElement {
  const { kept, raw, costUsd, costPerKeptUsd, budgetUsd, uncertainUsd, projectedUsd, steps, state } = overview
  const progress = progressOf(overview)
  return (
    <section aria-label="Figures" className="stack-tight">
      {progress !== undefined && (
        <div className="run-progress">
          <progress value={progress.share} max={1} aria-label="Progress to the target" />
          <span>
            {formatShare(progress.share, 0)} · {progress.words}
          </span>
        </div>
      )}
      <StatTiles label="Yield and money">
        <StatTile
          name="Kept"
          value={formatCount(kept)}
          note={raw === 0 ? 'nothing written yet' : `${formatShare(kept / raw)} of ${formatCount(raw)} written`}
        />
        <StatTile name="Cost" value={formatUsd(costUsd)} note={costNote(costUsd, budgetUsd, uncertainUsd, isAtWork(state) ? projectedUsd : null)} />
        <StatTile
          name="Per kept"
          value={kept === 0 ? formatUsd(undefined) : formatUsd(costPerKeptUsd)}
          note={costPerKeptUsd === null ? undefined : 'dollars per kept instruction'}
        />
        <ShadowTile overview={overview} />
        <StatTile
          name={isAtWork(state) ? 'Time left' : 'Rounds'}
          value={isAtWork(state) ? formatDuration(overview.timeLeftMs) : `${overview.roundsDone} of ${overview.roundsPlanned}`}
          note={
            isAtWork(state)
              ? `round ${Math.min(overview.roundsPlanned, overview.roundsDone + 1)} of ${overview.roundsPlanned}${overview.ratePerMinute === null ? '' : `; ${formatNumber(overview.ratePerMinute, 3)} texts a minute`}`
              : undefined
          }
        />
        <StatTile
          name="Training steps"
          value={formatCount(steps)}
          note={
            detail === undefined || steps === 0 ? undefined : `${formatOf(detail.seedsPromoted, 'seed')} promoted, ${formatCount(detail.seedsEvicted)} evicted`
          }
        />
      </StatTiles>
    </section>
  )
}

function costNote(costUsd: number | null, budgetUsd: number | null, uncertainUsd: number, projectedUsd: number | null): string | undefined {
  if (costUsd === null) return 'a price is unknown: set generator.price'
  const parts = [
    budgetUsd === null ? 'no budget' : `of ${formatUsd(budgetUsd)}`,
    ...(uncertainUsd > 0 ? [`at most ${formatUsd(uncertainUsd)} in flight or uncertain`] : []),
    ...(projectedUsd === null ? [] : [`${formatUsd(projectedUsd)} at its end`]),
  ]
  return parts.join('; ')
}

function ShadowTile({ overview }: { readonly overview: RunOverview }): ReactElement {
  const { shadow, shadowState } = overview
  const name = 'Baseline, per kept'
  if (shadow === null) return <StatTile name={name} value={shadowState === 'computing' ? '…' : formatUsd(undefined)} note={shadowNotes[shadowState]} />
  return <StatTile name={name} value={formatUsd(shadow.costPerKeptUsd)} note={againstShadow(overview.costPerKeptUsd, shadow)} />
}

const shadowNotes = {
  computing: 'replaying the same texts under Self-Instruct’s filter',
  off: 'nothing to replay yet',
  ready: 'no figure',
}
