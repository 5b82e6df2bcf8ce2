// How numbers, money and times are written, everywhere on these pages. Without a value: an en dash.

export const nothing = '–'

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 1,234,567 */
export const formatCount = (value: number | null | undefined): string => (isNumber(value) ? counts.format(value) : nothing)

/** 12,345 as it is; from a million on 1.23 M. For axes and narrow places. */
export function formatShort(value: number | null | undefined): string {
  if (!isNumber(value)) return nothing
  const size = Math.abs(value)
  for (const [unit, sign] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const)
    if (size >= unit * (sign === 'k' ? 10 : 1)) return `${trimmed((value / unit).toPrecision(3))} ${sign}`
  return formatNumber(value)
}

/** “unknown” for an unknown price: it is not nothing. $1,234.56, $0.0412, $0.000031. */
export function formatUsd(value: number | null | undefined): string {
  if (value === undefined) return nothing
  if (!isNumber(value)) return 'unknown'
  const size = Math.abs(value)
  const sign = value < 0 ? '−' : ''
  if (size === 0) return '$0'
  if (size >= 1) return `${sign}$${size.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  const digits = Math.min(9, Math.max(2, 2 - Math.floor(Math.log10(size))))
  return `${sign}$${size.toFixed(digits)}`
}

/** On an axis, where the other figures say how exact it is: $0.6, $1,500. */
export function formatUsdShort(value: number): string {
  const text = formatUsd(value)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** 84.1 % */
export const formatShare = (value: number | null | undefined, digits = 1): string => (isNumber(value) ? `${(value * 100).toFixed(digits)} %` : nothing)

/** 0.625: a similarity, at equal length in every row. */
export const formatScore = (value: number | null | undefined): string => (isNumber(value) ? value.toFixed(3) : nothing)

/** Up to so many significant digits, whole numbers as they are. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (!isNumber(value)) return nothing
  return (Number.isInteger(value) ? counts : significant(digits)).format(value).replace('-', '−')
}

/** Kept, because making one takes a hundred times as long as using it. */
const formats = new Map<number, Intl.NumberFormat>()

function significant(digits: number): Intl.NumberFormat {
  const known = formats.get(digits) ?? new Intl.NumberFormat('en-US', { maximumSignificantDigits: digits })
  formats.set(digits, known)
  return known
}

/** With its sign: +2.1, −0.3, 0. */
export function formatSigned(value: number | null | undefined, digits = 3): string {
  if (!isNumber(value)) return nothing
  const text = formatNumber(Math.abs(value), digits)
  if (text === '0') return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** 850 ms, 12 s, 4 min 10 s, 3 h 5 min, 2 d 4 h. */
export function formatDuration(ms: number | null | undefined): string {
  if (!isNumber(ms) || ms < 0) return nothing
  if (ms < 1000) return `${Math.round(ms)} ms`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return two(Math.floor(minutes / 60), 'h', minutes % 60, 'min')
  const hours = Math.round(minutes / 60)
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** 2026-11-21 14:03, in the reader's time zone. */
export function formatTime(ms: number | null | undefined): string {
  if (!isNumber(ms)) return nothing
  const at = new Date(ms)
  const pad = (value: number): string => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}`
}

/** “just now”, “12 min ago”, and from two days on the time itself. */
export function formatAgo(ms: number | null | undefined, now: number): string {
  if (!isNumber(ms)) return nothing
  const ago = now - ms
  if (ago < 10_000) return 'just now'
  if (ago >= 48 * 3_600_000) return formatTime(ms)
  return `${formatDuration(ago).replace(/ .. .*$| \d+ (s|min)$/, '')} ago`
}

/** 1 call, 2 calls. */
export const formatOf = (value: number, word: string, words = `${word}s`): string => `${formatCount(value)} ${value === 1 ? word : words}`

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number' && Number.isFinite(value)
const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
const two = (a: number, unitA: string, b: number, unitB: string): string => (b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`)
