import { type ReactElement, useState } from 'react'
import type { Comparison } from '../../api/compare.ts'
import { formatCount, formatNumber } from '../../format.ts'
import { axis, Chart } from '../../parts/chart.tsx'
import { differenceRows, sayDifference, sayInterval, verdictOf } from './compare.ts'

type Evaluation = Comparison['evaluations'][number]

const fewGroups = 12

/** The differences with their intervals, over all items and by group, on a line around 0. */
export function DifferenceChart({ evaluation }: { readonly evaluation: Evaluation }): ReactElement {
  const [all, setAll] = useState(false)
  const rows = differenceRows(evaluation)
  const many = rows.length > fewGroups + 1
  // The ends are the most telling: the groups that gained most and lost most.
  const shown = all || !many ? rows : [rows[0]!, ...rows.slice(1, 1 + fewGroups / 2), ...rows.slice(-fewGroups / 2)]
  const scale = evaluation.isShare ? 100 : 1
  return (
    <Chart
      title={`${evaluation.evaluator}: B − A`}
      summary={`${verdictOf(evaluation)} ${formatCount(evaluation.items)} items; a group alone is too small to judge by.`}
      data={shown}
      height={Math.max(120, 48 + shown.length * 24)}
      tools={
        many && (
          <button type="button" className="button chart-choice" onClick={() => setAll(!all)}>
            {all ? `The ${fewGroups} largest` : `All ${rows.length - 1} groups`}
          </button>
        )
      }
      option={(colours) => ({
        legend: { show: false },
        grid: { left: 8, right: 24, top: 8, bottom: 24, containLabel: true },
        xAxis: axis(colours, { type: 'value', name: evaluation.isShare ? 'points' : '', nameLocation: 'middle', nameGap: 26 }),
        yAxis: axis(colours, { type: 'category', inverse: true, data: shown.map(({ name }) => name), splitLine: { show: false }, axisTick: { show: false } }),
        tooltip: {
          trigger: 'item',
          renderMode: 'richText',
          confine: true,
          backgroundColor: colours.surface,
          borderColor: colours.line,
          textStyle: { color: colours.text, fontSize: 12 },
          formatter: ({ dataIndex }: { readonly dataIndex: number }) => {
            const { name, items, difference, ...interval } = shown[dataIndex]!
            return `${name}, ${formatCount(items)} items\n${sayDifference(evaluation, difference)} ${sayInterval(evaluation, interval)}`
          },
        },
        series: [
          {
            type: 'custom',
            data: shown.map(({ difference, low, high }, i) => [i, difference * scale, low * scale, high * scale]),
            encode: { x: [1, 2, 3], y: 0 },
            renderItem: (_: unknown, api: Api) => intervalMark(api, api.value(0) === 0 ? colours.accent : colours.muted),
            markLine: {
              symbol: 'none',
              silent: true,
              label: { show: false },
              lineStyle: { color: colours.text, type: 'solid', width: 1 },
              data: [{ xAxis: 0 }],
            },
          },
        ],
      })}
      table={{
        head: ['Group', 'Items', 'Difference', 'From', 'To'],
        rows: rows.map(({ name, items, difference, low, high }) => [
          name,
          formatCount(items),
          sayDifference(evaluation, difference),
          formatNumber(low * scale, 3),
          formatNumber(high * scale, 3),
        ]),
      }}
    />
  )
}

type Api = { value(dimension: number): number; coord(point: readonly number[]): readonly number[] }

/** A line from end to end with a dot at the difference. */
function intervalMark(api: Api, colour: string): object {
  const at = (dimension: number): readonly [number, number] => api.coord([api.value(dimension), api.value(0)]) as unknown as [number, number]
  const [[x, y], [low], [high]] = [at(1), at(2), at(3)]
  const line = (x1: number, y1: number, x2: number, y2: number): object => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: colour, lineWidth: 1.5 },
  })
  return {
    type: 'group',
    children: [
      line(low, y, high, y),
      line(low, y - 4, low, y + 4),
      line(high, y - 4, high, y + 4),
      { type: 'circle', shape: { cx: x, cy: y, r: 4 }, style: { fill: colour } },
    ],
  }
}
