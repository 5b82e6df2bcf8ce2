import type { Training } from '@sedi/spec/api'
import type { EChartsCoreOption } from 'echarts/core'
import { formatNumber } from '../../format.ts'
import { axis } from '../../parts/chart.tsx'
import type { ChartColours } from '../../parts/chart-colours.ts'

type Step = Training['steps'][number]
type Marked = readonly [step: number, value: number, text: string]

/** Loss above, gradient norm below, on one axis of steps; windows as stripes, attractive batches and who was picked as marks. */
export function trainingOption(
  colours: ChartColours,
  { training, step }: { readonly training: Training; readonly step: number | undefined },
): EChartsCoreOption {
  const { steps, windows } = training
  const [first, last] = [steps[0]!.step, steps.at(-1)!.step]
  const norms = new Map(steps.map((one) => [one.step, one.gradNorm ?? one.signal]))
  const chosen = step === undefined ? [] : [{ xAxis: step, label: { show: false }, lineStyle: { color: colours.text, type: 'solid', width: 1.5 } }]
  const lineOf = (name: string, grid: number, colour: string, value: (one: Step) => number | null): Record<string, unknown> => ({
    type: 'line',
    name,
    xAxisIndex: grid,
    yAxisIndex: grid,
    showSymbol: steps.length <= 200,
    symbol: 'circle',
    symbolSize: 4,
    lineStyle: { width: 1.5, color: colour },
    itemStyle: { color: colour },
    sampling: steps.length > 1000 ? 'lttb' : undefined,
    data: steps.map((one) => [one.step, value(one)]),
    markLine: { silent: true, symbol: 'none', data: chosen },
    markArea: { silent: true, itemStyle: { color: colours.line, opacity: 0.28 }, data: stripes(windows) },
  })
  const marks = (
    name: string,
    symbol: string,
    size: number,
    itemStyle: Readonly<Record<string, unknown>>,
    data: readonly Marked[],
  ): Record<string, unknown> => ({
    type: 'scatter',
    name,
    xAxisIndex: 1,
    yAxisIndex: 1,
    symbol,
    symbolSize: size,
    z: 4,
    itemStyle,
    data,
  })
  const stepAxis = { type: 'value', min: first, max: Math.max(last, first + 1), minInterval: 1 }
  return {
    grid: [
      { left: 56, right: 16, top: 68, height: '30%' },
      { left: 56, right: 16, top: '58%', bottom: 44 },
    ],
    legend: {
      top: 0,
      left: 0,
      itemWidth: 14,
      itemHeight: 11,
      textStyle: { color: colours.muted },
      data: ['Loss', 'Gradient norm', { name: 'Attractive batch', icon: 'diamond' }, { name: 'Picked from it', icon: star }],
    },
    axisPointer: { link: [{ xAxisIndex: [0, 1] }] },
    xAxis: [
      axis(colours, { ...stepAxis, gridIndex: 0, axisLabel: { show: false }, splitLine: { show: false } }),
      axis(colours, { ...stepAxis, gridIndex: 1, name: 'step', nameLocation: 'middle', nameGap: 26, splitLine: { show: false } }),
    ],
    yAxis: [
      axis(colours, { type: 'value', gridIndex: 0, scale: true, splitNumber: 3, name: 'loss' }),
      axis(colours, { type: 'value', gridIndex: 1, scale: true, splitNumber: 3, name: 'gradient norm' }),
    ],
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      textStyle: { color: colours.text, fontSize: 12 },
      formatter: (shown: readonly { readonly axisValue: number; readonly seriesName: string; readonly data: readonly unknown[] }[]) => tooltip(shown, steps),
    },
    series: [
      lineOf('Loss', 0, colours.series[0]!, ({ loss }) => loss),
      lineOf('Gradient norm', 1, colours.series[2]!, ({ gradNorm, signal }) => gradNorm ?? signal),
      marks('Attractive batch', 'diamond', 20, { color: 'transparent', borderColor: colours.series[1]!, borderWidth: 2 }, attractiveMarks(training, norms)),
      marks('Picked from it', star, 13, { color: colours.series[5]! }, pickedMarks(training, norms)),
    ],
  }
}

const star = 'path://M50 0 L62 36 L100 36 L69 58 L81 96 L50 73 L19 96 L31 58 L0 36 L38 36 Z'

/** Every second window. */
const stripes = (windows: Training['windows']): readonly unknown[] =>
  windows.flatMap(({ from, to }, i) => (i % 2 === 0 ? [[{ xAxis: from - 0.5 }, { xAxis: to + 0.5 }]] : []))

type Norms = ReadonlyMap<number, number | null>

function attractiveMarks({ windows }: Training, norms: Norms): Marked[] {
  return windows.flatMap(({ from, to, attractiveBatches }) =>
    attractiveBatches.flatMap((step): Marked[] => {
      const norm = norms.get(step)
      return norm == null ? [] : [[step, norm, `attractive in the window of steps ${from} to ${to}`]]
    }),
  )
}

function pickedMarks({ windows }: Training, norms: Norms): Marked[] {
  const byBatch = Map.groupBy(
    windows.flatMap(({ picked }) => picked),
    ({ batch }) => batch,
  )
  return [...byBatch].flatMap(([step, picked]): Marked[] => {
    const norm = step === null ? null : norms.get(step)
    return step === null || norm == null ? [] : [[step, norm, `picked as seeds: ${picked.map(({ seedId }) => seedId).join(', ')}`]]
  })
}

function tooltip(
  shown: readonly { readonly axisValue: number; readonly seriesName: string; readonly data: readonly unknown[] }[],
  steps: readonly Step[],
): string {
  const at = shown[0]?.axisValue
  const step = steps.find((one) => one.step === at)
  if (step === undefined) return ''
  return [
    `step ${step.step} · round ${step.round}`,
    `loss ${formatNumber(step.loss)} · gradient norm ${formatNumber(step.gradNorm)}`,
    `diversity ${formatNumber(step.diversity)} · ${step.masked} of ${step.batch} left out`,
    ...shown.flatMap(({ data }) => (typeof data[2] === 'string' ? [data[2]] : [])),
  ].join('\n')
}
