/** Numbers the way people read them; `–` where there is none. */
export const formatCount = (value: number): string => value.toLocaleString('en-US')

export function formatUsd(value: number | null, digits = 4): string {
  return value === null || !Number.isFinite(value) ? 'unknown' : `$${value.toFixed(digits)}`
}

export function formatPercent(share: number | null, digits = 1): string {
  return share === null || Number.isNaN(share) ? '–' : `${(share * 100).toFixed(digits)} %`
}

type Score = { readonly mean: number; readonly interval: { readonly low: number; readonly high: number } | null }

/** `51.3 % [46.7, 55.9]`; scores that are no shares of 1 as they are. */
export function formatScore({ mean, interval }: Score): string {
  return interval === null ? mean.toFixed(4) : `${formatPercent(mean)} [${(interval.low * 100).toFixed(1)}, ${(interval.high * 100).toFixed(1)}]`
}

/** With its sign: +2.1, −0.3. */
export function formatSigned(value: number, digits = 1): string {
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** 0.031, <0.0001. */
export const formatP = (p: number): string => (p < 0.0001 ? '<0.0001' : p.toFixed(p < 0.01 ? 4 : 3))

/** In a sentence: p = 0.031, p < 0.0001. */
export const sayP = (p: number): string => (p < 0.0001 ? 'p < 0.0001' : `p = ${formatP(p)}`)
