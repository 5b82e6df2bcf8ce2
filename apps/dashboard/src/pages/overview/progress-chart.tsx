import { type ReactElement, useState } from 'react'
import type { RunOverview } from '../../api/runs.ts'
import { formatCount, formatShare, formatShort, formatTime, formatUsd, formatUsdShort } from '../../format.ts'
import { axis, Chart } from '../../parts/chart.tsx'

/** Written and kept over answers or time, and the money beside them. */
export function ProgressChart({ overview }: { readonly overview: RunOverview }): ReactElement {
  const [over, setOver] = useState<'answers' | 'time'>('answers')
  const { progress, kept, raw, costUsd } = overview
  const priced = progress.some(({ costUsd }) => costUsd !== null && costUsd > 0)
  const at = (point: RunOverview['progress'][number]): number => (over === 'answers' ? point.calls : point.at)
  return (
    <Chart
      title="Yield"
      summary={`${formatCount(kept)} of ${formatCount(raw)} texts kept (${formatShare(raw === 0 ? null : kept / raw)})${costUsd === null ? '' : `, for ${formatUsd(costUsd)}`}.`}
      data={[progress, over]}
      height={280}
      tools={
        <label className="chart-choice">
          over{' '}
          <select value={over} onChange={({ target }) => setOver(target.value as typeof over)}>
            <option value="answers">answers</option>
            <option value="time">time</option>
          </select>
        </label>
      }
      option={(colours) => ({
        xAxis: axis(colours, {
          type: over === 'answers' ? 'value' : 'time',
          max: 'dataMax',
          min: 'dataMin',
          ...(over === 'answers'
            ? { axisLabel: { color: colours.muted, formatter: formatShort, hideOverlap: true } }
            : { axisLabel: { color: colours.muted, hideOverlap: true } }),
        }),
        yAxis: [
          axis(colours, { type: 'value', name: 'texts', nameLocation: 'end', axisLabel: { color: colours.muted, formatter: formatShort } }),
          ...(priced
            ? [
                axis(colours, {
                  type: 'value',
                  name: 'dollars',
                  splitLine: { show: false },
                  axisLabel: { color: colours.muted, formatter: formatUsdShort },
                }),
              ]
            : []),
        ],
        tooltip: {
          trigger: 'axis',
          renderMode: 'richText',
          confine: true,
          backgroundColor: colours.surface,
          borderColor: colours.line,
          textStyle: { color: colours.text, fontSize: 12 },
        },
        series: [
          line(
            'Written',
            progress.map((point) => [at(point), point.raw]),
            colours.series[7]!,
            0,
          ),
          line(
            'Kept',
            progress.map((point) => [at(point), point.kept]),
            colours.series[0]!,
            0,
            0.12,
          ),
          ...(priced
            ? [
                {
                  ...line(
                    'Cost',
                    progress.map((point) => [at(point), point.costUsd]),
                    colours.series[1]!,
                    1,
                  ),
                  lineStyle: { type: 'dashed', width: 1.5 },
                },
              ]
            : []),
        ],
      })}
      table={{
        head: ['Time', 'Answers', 'Written', 'Kept', 'Cost'],
        rows: progress.map((point) => [
          formatTime(point.at),
          formatCount(point.calls),
          formatCount(point.raw),
          formatCount(point.kept),
          formatUsd(point.costUsd),
        ]),
      }}
    />
  )
}

const line = (name: string, data: readonly (readonly (number | null)[])[], color: string, yAxisIndex: number, area = 0): object => ({
  name,
  type: 'line',
  data,
  yAxisIndex,
  color,
  showSymbol: false,
  lineStyle: { width: 2 },
  ...(area > 0 ? { areaStyle: { opacity: area } } : {}),
})
