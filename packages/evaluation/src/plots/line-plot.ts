import type { TopLevelSpec } from 'vega-lite'
import type { Encoding, Layer } from './layer.ts'
import type { PlotSpecification } from './plot-specification.ts'

/** `low` and `high` are drawn as a whisker. */
export type LinePoint = { readonly x: number; readonly y: number; readonly low?: number | undefined; readonly high?: number | undefined }

export type LineSeries = { readonly name: string; readonly points: readonly LinePoint[] }

export type LinePlot = {
  readonly title: string
  readonly subtitle?: string | undefined
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly LineSeries[]
  /** Dots on the points. @default true */
  readonly points?: boolean | undefined
}

export type Axis = {
  readonly title: string
  /** d3-format: `.0%`, `$.2f`, `d`. */
  readonly format?: string | undefined
  /** Whether the axis begins at 0. @default false */
  readonly zero?: boolean | undefined
  /** Whether values are whole numbers, and so are ticks. @default false */
  readonly whole?: boolean | undefined
}

/** Lines over a number, one per series, with intervals where points have them. Whiskers of different series stand beside each other. */
export function linePlot({ title, subtitle, x, y, series, points = true }: LinePlot): PlotSpecification {
  const names = series.map(({ name }) => name)
  const step = smallestStep(series)
  const values = series.flatMap((one, s) =>
    one.points.map((point) => ({ ...point, shifted: point.x + (points ? (s - (series.length - 1) / 2) * step * 0.05 : 0), series: one.name })),
  )
  const shared: Encoding = {
    x: { field: 'shifted', type: 'quantitative', title: x.title, axis: axisOf(x), scale: { zero: x.zero ?? false, nice: false, padding: 8 } },
    color: { field: 'series', type: 'nominal', scale: { domain: names }, sort: names },
  }
  const up = (field: string): Encoding => ({ y: { field, type: 'quantitative', scale: { zero: y.zero ?? false }, title: y.title, axis: axisOf(y) } })
  const whiskers: Layer = {
    transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
    mark: { type: 'rule', strokeWidth: 1.5, opacity: 0.7 },
    encoding: { ...shared, ...up('low'), y2: { field: 'high' } },
  }
  const lines: Layer = { mark: { type: 'line', strokeWidth: 2, point: points && { size: 36, filled: true } }, encoding: { ...shared, ...up('y') } }
  const hasIntervals = values.some(({ low, high }) => low !== undefined && high !== undefined)
  return {
    title: { text: title, ...(subtitle === undefined ? {} : { subtitle }) },
    width: 560,
    height: 260,
    data: { values },
    layer: hasIntervals ? [whiskers, lines] : [lines],
  } satisfies TopLevelSpec
}

const axisOf = ({ format, whole = false }: Axis) => ({ ...(format === undefined ? {} : { format }), ...(whole ? { tickMinStep: 1 } : {}) })

function smallestStep(series: readonly LineSeries[]): number {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  const steps = xs.slice(1).map((x, i) => x - xs[i]!)
  return steps.length === 0 ? 1 : Math.min(...steps)
}
