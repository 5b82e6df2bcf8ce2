import type { EChartsCoreOption } from 'echarts/core'
import type { ChartColours } from '../../parts/chart-colours.ts'
import { mix } from './mix.ts'
import type { GroupColour, MapPoint, PointGroup } from './point-groups.ts'

export type Drawing = {
  readonly groups: readonly PointGroup[]
  /** The group that is looked at; the others step back. */
  readonly group: string | undefined
  readonly point: MapPoint | undefined
}

/** The map as ECharts takes it: a series for each group, each one path however many points it has. */
export function mapOption(colours: ChartColours, { groups, group, point }: Drawing): EChartsCoreOption {
  const hidden = { type: 'value', min: -1.05, max: 1.05, show: false }
  return {
    grid: { left: 4, right: 4, top: 4, bottom: 4 },
    legend: { show: false },
    xAxis: hidden,
    yAxis: hidden,
    tooltip: {
      trigger: 'item',
      renderMode: 'richText',
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 12, width: 320, overflow: 'break' },
      formatter: ({ seriesIndex, dataIndex }: { seriesIndex: number; dataIndex: number }) => tooltip(groups[seriesIndex]?.points[dataIndex]),
    },
    series: [
      ...groups.map(({ key, name, colour, shape, points }) => ({
        type: 'scatter',
        name,
        symbol: shape,
        symbolSize: shape === 'circle' ? 5 : 6,
        large: true,
        largeThreshold: 400,
        z: key === group ? 3 : 2,
        itemStyle: { color: colourOf(colours, colour), opacity: group === undefined || key === group ? 0.75 : 0.08 },
        dimensions: ['x', 'y'],
        // Flat numbers: thousands of small arrays would cost more than drawing them.
        data: new Float32Array(points.flatMap(({ x, y }) => [x, y])),
      })),
      ...(point === undefined
        ? []
        : [
            {
              type: 'scatter',
              name: 'chosen',
              symbol: 'circle',
              symbolSize: 16,
              z: 5,
              silent: true,
              itemStyle: { color: 'transparent', borderColor: colours.text, borderWidth: 2.5 },
              data: [[point.x, point.y]],
            },
          ]),
    ],
  }
}

const colourOf = ({ series }: ChartColours, colour: GroupColour): string =>
  'series' in colour ? series[colour.series]! : mix(series[1]!, series[0]!, colour.between)

function tooltip(point: MapPoint | undefined): string {
  if (point === undefined) return ''
  const { id, text, round, verdict, cluster } = point
  return `${inLines(text, 54)}\n${id} · ${verdict} · round ${round} · cluster ${cluster}`
}

/** What a canvas does not break by itself. */
function inLines(text: string, width: number): string {
  const lines: string[] = ['']
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)!
    if (last !== '' && last.length + word.length >= width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines.join('\n')
}
