import { InvalidArgumentError } from 'commander'

/** Gathers a repeatable option. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value]

export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError(`expected a number above 0, got “${text}”.`)
  return value
}

export function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError(`expected a number from 0 to 1, got “${text}”.`)
  return value
}

export function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError(`expected a port from 0 to 65535, got “${text}”.`)
  return value
}

export function nonNegativeNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0) || !Number.isFinite(value)) throw new InvalidArgumentError(`expected 0 or a number above it, got “${text}”.`)
  return value
}

/** Names with commas between them, in their order. */
export const nameList = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

/** The same, each once. */
export const names = (text: string): string[] => [...new Set(nameList(text))]

/** Shares with commas between them, each once, in their order. */
export const shares = (text: string): number[] => [...new Set(text.split(',').map(share))]

export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError(`expected a whole number above 0, got “${text}”.`)
  return value
}

/** Milliseconds, or a range of them: `300`, `100-400`. */
export function latency(text: string): number | readonly [number, number] {
  const range = /^([\d.]+)-([\d.]+)$/.exec(text)
  return range === null ? nonNegativeNumber(text) : [nonNegativeNumber(range[1]!), nonNegativeNumber(range[2]!)]
}

export function httpAddress(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError(`expected an address like http://127.0.0.1:8000/v1, got “${text}”.`)
}
