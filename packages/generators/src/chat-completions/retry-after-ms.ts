import { durationMs } from './durations.ts'

/**
 * How long a refusal asks us to wait, in milliseconds; `undefined` when it does not say or cannot be read. Reads `retry-after-ms`, then
 * `retry-after` in seconds, as a duration or as an HTTP date, then `extraHeader`, then the words (“Please try again in 7.66s”).
 * A header is passed on as it came, negative or absurd: what to do with it is the caller's decision.
 */
export function retryAfterMs(
  headers: Headers,
  nowMs: number,
  { extraHeader, words = '' }: { extraHeader?: string | undefined; words?: string } = {},
): number | undefined {
  const milliseconds = numberOf(headers.get('retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds
  const asked = readHeader(headers.get('retry-after'), nowMs)
  if (asked !== undefined) return asked
  return (extraHeader === undefined ? undefined : readHeader(headers.get(extraHeader), nowMs)) ?? waitInWords(words)
}

function readHeader(header: string | null, nowMs: number): number | undefined {
  const seconds = numberOf(header)
  if (seconds !== undefined) return seconds * 1000
  if (header === null) return undefined
  const date = Date.parse(header)
  return durationMs(header) ?? (Number.isNaN(date) ? undefined : date - nowMs)
}

function numberOf(header: string | null): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const value = Number(header)
  return Number.isFinite(value) ? value : undefined
}

// OpenAI and Groq: “Please try again in 1m7.66s.”; Azure: “Please retry after 22 seconds.”
const waitPattern = /(?:try again|retry)[a-z ]{0,20}?(?:in|after) ((?:\d+(?:\.\d+)?(?:ms|[smhd])(?![a-z]))+|\d+(?:\.\d+)?(?= ?sec))/i

function waitInWords(words: string): number | undefined {
  const length = waitPattern.exec(words)?.[1]
  return length === undefined ? undefined : durationMs(length)
}
