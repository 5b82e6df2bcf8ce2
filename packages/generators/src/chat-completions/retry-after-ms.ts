/**
 * How long a reply asks us to wait, in milliseconds; `undefined` when it does not say or cannot be read. Reads `retry-after-ms`, then
 * `retry-after` in seconds or as an HTTP date. The number is passed on as it came, negative or absurd: what to do with it is the caller's decision.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const milliseconds = numberOf(headers.get('retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds
  const header = headers.get('retry-after')
  const seconds = numberOf(header)
  if (seconds !== undefined) return seconds * 1000
  const date = Date.parse(header ?? '')
  return Number.isNaN(date) ? undefined : date - nowMs
}

function numberOf(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const value = Number(header)
  return Number.isFinite(value) ? value : undefined
}
