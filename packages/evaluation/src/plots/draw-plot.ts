import { SediError } from '@sedi/spec'
import type { Config, TopLevelSpec } from 'vega-lite'
import type { PlotSpecification } from './plot-specification.ts'

/**
 * Draws a Vega-Lite specification as SVG, without a browser. The same specification gives the same text.
 *
 * The drawing has a background of its own and follows the reader’s system into light or dark, in a file as in a page; in its specification use
 * `plotColours`. Vega and Vega-Lite are optional dependencies (BSD-3-Clause, 25 MB together, no install scripts); throws `missing-dependency`
 * without them. Loading takes about 0.4 s, once; a drawing some tens of milliseconds.
 */
export async function drawPlot(specification: PlotSpecification): Promise<string> {
  const { vega, vegaLite } = await loadVega()
  // Names inside the drawing are counted over the whole process; from 0 they are the same for the same drawing.
  vega.resetSVGDefIds()
  const { spec } = vegaLite.compile(specification as TopLevelSpec, { config: look })
  const view = new vega.View(vega.parse(spec), { renderer: 'none', logLevel: vega.Error })
  try {
    return withStyle(await view.toSVG())
  } finally {
    view.finalize()
  }
}

/** Colours that are chosen for light and for dark; eight for series, told apart without red and green. */
export const plotColours = {
  ink: 'var(--plot-ink)',
  faint: 'var(--plot-faint)',
  line: 'var(--plot-line)',
  page: 'var(--plot-page)',
  series: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `var(--plot-${n})`),
} as const

const light = { page: '#ffffff', ink: '#1f2328', faint: '#59636e', line: '#d8dee4' }
const dark = { page: '#0d1117', ink: '#f0f6fc', faint: '#9198a1', line: '#30363d' }
const lightSeries = ['#1f6feb', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#9a6700', '#0a7f8a', '#59636e']
const darkSeries = ['#58a6ff', '#f0883e', '#3fb950', '#bc8cff', '#f778ba', '#d29922', '#39c5cf', '#9198a1']

const variables = (shades: Readonly<Record<string, string>>, series: readonly string[]): string =>
  [...Object.entries(shades), ...series.map((colour, i) => [i + 1, colour])].map(([name, colour]) => `--plot-${name}:${colour}`).join(';')

const style = `<style>:root{${variables(light, lightSeries)}}@media (prefers-color-scheme: dark){:root{${variables(dark, darkSeries)}}}</style>`

const withStyle = (svg: string): string => svg.replace(/^<svg [^>]*>/, (opening) => `${opening}${style}`)

const font = 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'

const look: Config = {
  font,
  background: plotColours.page,
  padding: 14,
  view: { stroke: null },
  title: { anchor: 'start', color: plotColours.ink, fontSize: 14, fontWeight: 600, subtitleColor: plotColours.faint, subtitleFontSize: 12, offset: 12 },
  axis: {
    labelColor: plotColours.faint,
    titleColor: plotColours.faint,
    gridColor: plotColours.line,
    domainColor: plotColours.line,
    tickColor: plotColours.line,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
  },
  legend: { labelColor: plotColours.ink, labelFontSize: 12, labelLimit: 400, titleFontSize: 12, orient: 'top', title: null },
  range: { category: [...plotColours.series] },
}

async function loadVega() {
  try {
    const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')])
    return { vega, vegaLite }
  } catch (cause) {
    throw new SediError('missing-dependency', 'Plots need the packages “vega” and “vega-lite”, which are not installed: npm install vega vega-lite', { cause })
  }
}
