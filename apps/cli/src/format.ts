/** Numbers the way people read them; `–` where there is none. */
export const formatCount = (value: number): string => value.toLocaleString('en-US')

export function formatUsd(value: number | null, digits = 4): string {
  return value === null || !Number.isFinite(value) ? 'unknown' : `$${value.toFixed(digits)}`
}

export function formatPercent(share: number | null, digits = 1): string {
  return share === null || Number.isNaN(share) ? '–' : `${(share * 100).toFixed(digits)} %`
}

export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}

/** A table with aligned columns; numbers and everything but the first column to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
