/** The page’s colours as a canvas needs them. */
export type ChartColours = {
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly surface: string
  readonly accent: string
  readonly good: string
  readonly warn: string
  readonly bad: string
  /** For things of a kind: clusters, reasons, arms. Told apart in both themes, and by most who see colours differently. */
  readonly series: readonly string[]
}

export const seriesCount = 8

/** Asks the page: its colours depend on the theme, and are written once, in tokens.css. */
export function chartColours(): ChartColours {
  const probe = document.createElement('span')
  probe.hidden = true
  document.body.append(probe)
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const colours: ChartColours = {
    text: colour('text'),
    muted: colour('muted'),
    line: colour('line'),
    surface: colour('surface'),
    accent: colour('accent'),
    good: colour('good'),
    warn: colour('warn'),
    bad: colour('bad'),
    series: Array.from({ length: seriesCount }, (_, i) => colour(`series-${i + 1}`)),
  }
  probe.remove()
  return colours
}
