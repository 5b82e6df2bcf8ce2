import type { ECharts, EChartsCoreOption } from 'echarts/core'
import { type ReactElement, type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react'
import { type ChartColours, chartColours } from './chart-colours.ts'
import { DataTable, type TableData } from './data-table.tsx'

type Props = {
  readonly title: string
  /** What the drawing shows, in a sentence: for who does not see it, and for who does. */
  readonly summary: string
  /** Made anew when `data` or the theme changes. */
  readonly option: (colours: ChartColours) => EChartsCoreOption
  /** What the option is made of. */
  readonly data: unknown
  /** The same figures as a table, behind a disclosure; a function is asked when it is opened. */
  readonly table?: TableData | (() => TableData) | undefined
  /** In CSS pixels. @default 260 */
  readonly height?: number | undefined
  readonly onSelect?: ((event: { readonly seriesName?: string; readonly dataIndex: number; readonly data: unknown }) => void) | undefined
  /** A click anywhere inside the axes, in their units, with the number of the grid. */
  readonly onPlace?: ((x: number, y: number, grid: number) => void) | undefined
  /** Beside the title. */
  readonly tools?: ReactNode
}

/** A chart has at most two, one above the other. */
const grids = [0, 1]

/** A chart, its title, what it shows in words, and its figures as a table. The library is loaded when the first one is shown. */
export function Chart({ title, summary, option, data, table, height = 260, onSelect, onPlace, tools }: Props): ReactElement {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<ECharts>(undefined)
  const [failed, setFailed] = useState(false)
  const [opened, setOpened] = useState(false)
  const draw = useEffectEvent(() => {
    const colours = chartColours()
    chart.current?.setOption({ ...common(colours, summary), ...option(colours) }, { notMerge: true, lazyUpdate: true })
  })
  const select = useEffectEvent((event: unknown) => onSelect?.(event as Parameters<NonNullable<Props['onSelect']>>[0]))
  const selectPlace = useEffectEvent((pixel: [number, number]) => {
    const grid = grids.find((gridIndex) => chart.current?.containPixel({ gridIndex }, pixel))
    if (onPlace === undefined || grid === undefined) return
    const [x, y] = chart.current!.convertFromPixel({ gridIndex: grid }, pixel) as [number, number]
    onPlace(x, y, grid)
  })

  useEffect(() => {
    let gone = false
    const redraw = (): void => draw()
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const resized = new ResizeObserver(([entry]) => {
      // Observing begins with a call, when the chart has just been drawn in this size.
      const { width, height } = entry!.contentRect
      if (width !== chart.current?.getWidth() || height !== chart.current.getHeight()) chart.current?.resize()
    })
    import('./echarts.ts').then(
      ({ init }) => {
        if (gone || place.current === null) return
        chart.current = init(place.current, undefined, { renderer: 'canvas' })
        chart.current.on('click', (event) => select(event))
        chart.current.getZr().on('click', ({ offsetX, offsetY }) => selectPlace([offsetX, offsetY]))
        resized.observe(place.current)
        draw()
      },
      () => setFailed(true),
    )
    window.addEventListener('sedi-theme', redraw)
    dark.addEventListener('change', redraw)
    return () => {
      gone = true
      window.removeEventListener('sedi-theme', redraw)
      dark.removeEventListener('change', redraw)
      resized.disconnect()
      chart.current?.dispose()
      chart.current = undefined
    }
  }, [])

  // biome-ignore lint/correctness/useExhaustiveDependencies: the option is a function of the data
  useEffect(() => draw(), [data])

  return (
    <figure className="chart">
      <figcaption>
        <span className="chart-title">{title}</span>
        {tools}
        <span className="chart-summary">{summary}</span>
      </figcaption>
      {failed ? (
        <p className="muted">The drawing could not be loaded; the table has its figures.</p>
      ) : (
        <div ref={place} className="chart-place" style={{ height }} />
      )}
      {table !== undefined && (
        <details className="chart-table" onToggle={({ currentTarget }) => setOpened(currentTarget.open)}>
          <summary>Figures as a table</summary>
          {opened && <DataTable {...(typeof table === 'function' ? table() : table)} caption={title} />}
        </details>
      )}
    </figure>
  )
}

/** What all charts have in common; tooltips are drawn on the canvas, because the page’s policy allows no markup with styles. */
function common({ text, muted, surface, line, series }: ChartColours, summary: string): EChartsCoreOption {
  return {
    color: [...series],
    animation: false,
    textStyle: { color: text, fontFamily: 'system-ui, sans-serif' },
    grid: { left: 8, right: 16, top: 48, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: muted } },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: surface,
      borderColor: line,
      borderWidth: 1,
      padding: 8,
      textStyle: { color: text, fontSize: 12 },
    },
    aria: { enabled: true, label: { enabled: true, description: summary } },
  }
}

/** An axis in the page’s colours. */
export const axis = ({ muted, line }: ChartColours, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  axisLabel: { color: muted },
  axisLine: { lineStyle: { color: line } },
  axisTick: { lineStyle: { color: line } },
  splitLine: { lineStyle: { color: line, opacity: 0.6 } },
  nameTextStyle: { color: muted },
  ...more,
})
