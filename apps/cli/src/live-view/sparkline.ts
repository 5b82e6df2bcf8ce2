const bars = '▁▂▃▄▅▆▇█'

/**
 * Numbers as a row of bars: ▂▃▅█. From `low` to `high`, by default the least and the greatest of them; all equal is a row in the middle. Of more
 * numbers than `most` each bar is the mean of as many as it takes. What is not a number is left out.
 */
export function sparkline(
  values: readonly number[],
  { low, high, most = 12 }: { readonly low?: number; readonly high?: number; readonly most?: number } = {},
): string {
  const shown = inGroups(
    values.filter((value) => Number.isFinite(value)),
    most,
  )
  const from = low ?? Math.min(...shown)
  const to = high ?? Math.max(...shown)
  return shown.map((value) => bars[to === from ? 3 : Math.max(0, Math.min(7, Math.floor(((value - from) / (to - from)) * 8)))]).join('')
}

function inGroups(values: readonly number[], most: number): number[] {
  if (values.length <= most) return [...values]
  return Array.from({ length: most }, (_, i) => {
    const group = values.slice(Math.floor((i * values.length) / most), Math.floor(((i + 1) * values.length) / most))
    return group.reduce((sum, value) => sum + value, 0) / group.length
  })
}
