import type { Rng } from '../rng.ts'

export type SubsampleOptions = {
  /** Items in each. */
  readonly size: number
  /** @default 20 */
  readonly repetitions?: number | undefined
  readonly rng: Rng
}

/**
 * Draws subsamples of equal size from `count` items: measures that depend on size can then be compared between sets of different size.
 *
 * Each is drawn without replacement and independently of the others, and lists its items' numbers in ascending order. With `size = count` all
 * are the whole. Throws RangeError when there are fewer items than asked for. Cost O(count + repetitions · size · log size).
 */
export function drawSubsamples(count: number, { size, repetitions = 20, rng }: SubsampleOptions): Int32Array[] {
  if (!Number.isInteger(size) || size < 1 || size > count) throw new RangeError(`drawSubsamples: expected a size from 1 to ${count}, got ${size}`)
  if (!Number.isInteger(repetitions) || repetitions < 1) throw new RangeError(`drawSubsamples: expected repetitions ≥ 1, got ${repetitions}`)
  const order = Int32Array.from({ length: count }, (_, i) => i)
  return Array.from({ length: repetitions }, () => {
    // The first steps of a Fisher–Yates shuffle; any order to begin with is as good as another.
    for (let i = 0; i < size; i++) {
      const j = i + rng.int(count - i)
      const held = order[i]!
      order[i] = order[j]!
      order[j] = held
    }
    return order.slice(0, size).sort()
  })
}

export type Estimate = { readonly mean: number; readonly sd: number }

/** Mean and standard deviation (with N − 1) of values; sd is 0 for a single one, both are NaN for none. */
export function meanAndSd(values: readonly number[]): Estimate {
  if (values.length === 0) return { mean: Number.NaN, sd: Number.NaN }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, sd: values.length === 1 ? 0 : Math.sqrt(squares / (values.length - 1)) }
}
