import type { TopLevelSpec } from 'vega-lite'
import { plotColours } from './draw-plot.ts'
import type { Encoding, Layer } from './layer.ts'
import type { PlotSpecification } from './plot-specification.ts'

export type IntervalRow = {
  readonly label: string
  readonly value: number
  readonly low: number
  readonly high: number
  /** Rows of one series share a colour. */
  readonly series?: string | undefined
}

export type IntervalPlot = {
  readonly title: string
  readonly subtitle?: string | undefined
  readonly x: { readonly title: string; readonly format?: string | undefined }
  /** From the top. Several rows with one label (of different series) stand close to each other. */
  readonly rows: readonly IntervalRow[]
  /** A dashed line at these values. @default [0] */
  readonly marks?: readonly number[] | undefined
}

/** Estimates with their intervals, a row each: a forest plot. */
export function intervalPlot({ title, subtitle, x, rows, marks = [0] }: IntervalPlot): PlotSpecification {
  const labels = [...new Set(rows.map(({ label }) => label))]
  const names = [...new Set(rows.map(({ series = '' }) => series))]
  const values = rows.map(({ series = '', ...row }) => ({ ...row, series }))
  const severalNames = names.length > 1
  const shared: Encoding = {
    y: { field: 'label', type: 'nominal', sort: labels, title: null, axis: { labelLimit: 320, grid: true, ticks: false, domain: false } },
    ...(severalNames ? { yOffset: { field: 'series', type: 'nominal', sort: names } } : {}),
    color: { field: 'series', type: 'nominal', scale: { domain: names }, sort: names, ...(severalNames ? {} : { legend: null }) },
  }
  const across = (field: string): Encoding => ({
    x: { field, type: 'quantitative', title: x.title, axis: x.format === undefined ? {} : { format: x.format }, scale: { zero: false } },
  })
  const dashed = marks.map((mark): Layer => ({ mark: { type: 'rule', strokeDash: [4, 3], color: plotColours.faint }, encoding: { x: { datum: mark } } }))
  const whiskers: Layer = { mark: { type: 'rule', strokeWidth: 1.5 }, encoding: { ...shared, ...across('low'), x2: { field: 'high' } } }
  const points: Layer = { mark: { type: 'point', filled: true, size: 48, opacity: 1 }, encoding: { ...shared, ...across('value') } }
  return {
    title: { text: title, ...(subtitle === undefined ? {} : { subtitle }) },
    width: 440,
    height: { step: severalNames ? 11 : 20 },
    data: { values },
    layer: [...dashed, whiskers, points],
  } satisfies TopLevelSpec
}
