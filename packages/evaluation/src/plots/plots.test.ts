import { describe, expect, it } from 'vitest'
import { drawPlot } from './draw-plot.ts'
import { intervalPlot } from './interval-plot.ts'
import { linePlot } from './line-plot.ts'

const lines = linePlot({
  title: 'Right after each round',
  x: { title: 'round', whole: true },
  y: { title: 'share', format: '.0%' },
  series: [
    { name: 'A <alpaca>', points: [0, 1, 2].map((x) => ({ x, y: 0.3, low: 0.2, high: 0.4 })) },
    { name: 'B sedi', points: [0, 1, 2].map((x) => ({ x, y: 0.3 + x / 10 })) },
  ],
})

const rows = [
  { label: 'sums', value: 2, low: -1, high: 5 },
  { label: 'names', value: -3, low: -4, high: -2 },
]

const count = (text: string, part: string): number => text.split(part).length - 1

describe('linePlot', () => {
  it('draws a line for each series, a dot for each point, a whisker only where there is an interval', async () => {
    const svg = await drawPlot(lines)
    expect(count(svg, 'aria-roledescription="line mark"')).toBe(2)
    expect(count(svg, 'aria-roledescription="point"')).toBe(6)
    expect(count(svg, 'aria-roledescription="rule mark"')).toBe(3)
    for (const words of ['Right after each round', 'A &lt;alpaca&gt;', 'B sedi', '30%']) expect(svg).toContain(words)
  })
})

describe('intervalPlot', () => {
  it('draws a row for each label in the order given, with a line at 0', async () => {
    const svg = await drawPlot(intervalPlot({ title: 'By kind', x: { title: 'points' }, rows }))
    expect(svg.indexOf('>sums<')).toBeLessThan(svg.indexOf('>names<'))
    expect(count(svg, 'aria-roledescription="point"')).toBe(2)
    expect(svg).toContain('stroke-dasharray="4,3"')
    expect(svg).not.toContain('var(--plot-2)" stroke')
  })

  it('puts series of one label beside each other in colours of their own', async () => {
    const twice = ['B − A', 'C − A'].flatMap((series) => rows.map((row) => ({ ...row, series })))
    const svg = await drawPlot(intervalPlot({ title: 'By kind', x: { title: 'points' }, rows: twice }))
    expect(count(svg, 'aria-roledescription="point"')).toBe(4)
    for (const words of ['B − A', 'C − A', 'var(--plot-1)', 'var(--plot-2)']) expect(svg).toContain(words)
  })
})

describe('drawPlot', () => {
  it('gives the same text each time, for light and dark, with nothing that runs, is fetched or clashes on a page', async () => {
    const svg = await drawPlot(lines)
    expect(await drawPlot(lines)).toBe(svg)
    expect(svg).toMatch(/^<svg [^>]*><style>:root\{--plot-page:#ffffff;[\s\S]*prefers-color-scheme: dark/)
    expect(svg).not.toMatch(/<script|href=|url\(| id=/)
  })
})
