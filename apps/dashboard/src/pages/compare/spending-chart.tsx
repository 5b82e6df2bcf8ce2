import type { ReactElement } from 'react'
import type { Comparison } from '../../api/compare.ts'
import { formatCount, formatShort, formatUsd, formatUsdShort } from '../../format.ts'
import { axis, Chart } from '../../parts/chart.tsx'

type Props = { readonly runs: Comparison['runs']; readonly ids: readonly [string, string] }

/** What was kept for the money; for the answers where a price is unknown. */
export function SpendingChart({ runs, ids }: Props): ReactElement | null {
  if (runs.every(({ spending }) => spending.length < 2)) return null
  const priced = runs.every(({ spending }) => spending.every(({ costUsd }) => costUsd !== null))
  const say = priced ? formatUsdShort : formatShort
  return (
    <Chart
      title={priced ? 'Kept for the money' : 'Kept for the answers'}
      summary={runs
        .map(
          ({ label, report }, i) =>
            `${label} (${ids[i]}) kept ${formatCount(report.kept)} for ${priced ? formatUsd(report.costUsd) : `${formatCount(report.calls)} answers`}`,
        )
        .join('; ')
        .concat('.')}
      data={runs}
      option={(colours) => ({
        xAxis: axis(colours, { type: 'value', max: 'dataMax', axisLabel: { color: colours.muted, formatter: say, hideOverlap: true } }),
        yAxis: axis(colours, { type: 'value', name: 'kept', axisLabel: { color: colours.muted, formatter: formatShort } }),
        series: runs.map(({ label, spending }, i) => ({
          name: `${label} · ${ids[i]}`,
          type: 'line',
          data: spending.map(({ calls, costUsd, kept }) => [priced ? costUsd : calls, kept]),
          showSymbol: false,
          lineStyle: { width: 2, type: i === 0 ? 'solid' : 'dashed' },
        })),
      })}
      table={{
        head: ['Run', 'Answers', 'Cost', 'Kept'],
        rows: runs.flatMap(({ label, spending }) =>
          thinned(spending, 40).map(({ calls, costUsd, kept }) => [label, formatCount(calls), formatUsd(costUsd), formatCount(kept)]),
        ),
      }}
    />
  )
}

/** At most so many, evenly, the last among them. */
function thinned<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!)
}
