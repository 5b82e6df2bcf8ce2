export type Interval = { readonly low: number; readonly high: number }

/** Two-sided 95 %, unless said otherwise. */
export const usualConfidence = 0.95

/** Throws RangeError unless there are at least `least` values and all are finite: a NaN must not average away. */
export function requireFinite(name: string, values: readonly number[], least = 1): void {
  if (values.length < least) throw new RangeError(`${name}: expected at least ${least} ${least === 1 ? 'value' : 'values'}, got ${values.length}`)
  const bad = values.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new RangeError(`${name}: expected finite numbers, got ${values[bad]} at position ${bad}`)
}

/** Throws RangeError unless 0 < confidence < 1. */
export function requireConfidence(name: string, confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`${name}: expected a confidence between 0 and 1, got ${confidence}`)
}

/** `a[i] − b[i]`. Throws RangeError when the lengths differ: pairs are made by whoever knows which belong together. */
export function pairedDifferences(name: string, a: readonly number[], b: readonly number[]): number[] {
  if (a.length !== b.length) throw new RangeError(`${name}: expected pairs, got ${a.length} and ${b.length} values`)
  return a.map((value, i) => value - b[i]!)
}

export const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
