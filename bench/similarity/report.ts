/** Median with the spread of repetitions: `1.23 (1.20–1.31)`. */
export function describeSpread(values: readonly number[], format: (value: number) => string = describeSeconds): string {
  const sorted = values.toSorted((a, b) => a - b)
  if (sorted.length === 1) return `${format(sorted[0]!)} (one run)`
  return `${format(median(values))} (${format(sorted[0]!)}–${format(sorted.at(-1)!)})`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function describeSeconds(seconds: number): string {
  if (seconds >= 2 * 86_400) return `${(seconds / 86_400).toFixed(1)} days`
  if (seconds >= 2 * 3600) return `${(seconds / 3600).toFixed(1)} h`
  return seconds >= 100 ? `${seconds.toFixed(0)} s` : `${seconds.toPrecision(3)} s`
}

export function describeRatio(ratio: number): string {
  return `${ratio >= 1000 ? Number(ratio.toPrecision(2)).toLocaleString('en') : ratio.toPrecision(2)}×`
}

export function describeCount(count: number): string {
  return count.toLocaleString('en')
}

export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}
