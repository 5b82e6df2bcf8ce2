import type { Rng } from '@sedi/core'
import { type Interval, meanOf, requireConfidence, requireFinite, usualConfidence } from './interval.ts'
import { levelsOf, quantileOfSorted } from './paired-bootstrap.ts'

/** `worlds[w][r][i]`: the difference of two arms on item i of replicate r in world w. */
export type NestedDifferences = readonly (readonly (readonly number[])[])[]

export type HierarchicalBootstrapOptions = {
  readonly rng: Rng
  /**
   * `own`: each replicate was tested on items of its own. `shared`: all replicates of a world were tested on the same items in the same order; the items are
   * then drawn once for all of them, because an odd item is odd in every replicate. @default 'shared'
   */
  readonly items?: 'shared' | 'own' | undefined
  /** @default 10,000 */
  readonly resamples?: number | undefined
  /** Two-sided. @default 0.95 */
  readonly confidence?: number | undefined
}

export type HierarchicalEstimate = Interval & {
  readonly mean: number
  /** Standard deviation of the resampled means: the standard error. */
  readonly error: number
  readonly worlds: number
  readonly replicates: number
}

/**
 * Mean difference over worlds, replicates and items with a percentile interval from drawing all three with replacement, one inside the other.
 * Every world counts alike, and every replicate within its world. A level with one member adds no spread: with one world the interval speaks of that
 * world only; with one replicate each, of those training runs only.
 *
 * Source: Davison and Hinkley 1997, 3.8; METHOD 2.10. Cost: resamples × all items. Throws RangeError for an empty level, a difference that is not
 * finite, or with `shared` items replicates of one world with different numbers of them.
 */
export function hierarchicalBootstrap(worlds: NestedDifferences, options: HierarchicalBootstrapOptions): HierarchicalEstimate {
  const { rng, items = 'shared', resamples = 10_000, confidence = usualConfidence } = options
  requireConfidence('hierarchicalBootstrap', confidence)
  requireLevels(worlds, items)
  const distribution = new Float64Array(resamples)
  for (let draw = 0; draw < resamples; draw++) {
    let sum = 0
    for (let w = 0; w < worlds.length; w++) sum += drawWorld(worlds[rng.int(worlds.length)]!, items, rng)
    distribution[draw] = sum / worlds.length
  }
  const middle = meanOf([...distribution])
  const error = Math.sqrt(distribution.reduce((sum, value) => sum + (value - middle) ** 2, 0) / resamples)
  distribution.sort()
  const { low, high } = levelsOf(confidence)
  return {
    mean: meanOf(worlds.map((replicates) => meanOf(replicates.map(meanOf)))),
    error,
    low: quantileOfSorted(distribution, low),
    high: quantileOfSorted(distribution, high),
    worlds: worlds.length,
    replicates: worlds.reduce((sum, replicates) => sum + replicates.length, 0),
  }
}

function drawWorld(replicates: readonly (readonly number[])[], items: 'shared' | 'own', rng: Rng): number {
  const shared = items === 'shared' ? drawIndices(replicates[0]!.length, rng) : undefined
  let sum = 0
  for (let r = 0; r < replicates.length; r++) {
    const values = replicates[rng.int(replicates.length)]!
    const drawn = shared ?? drawIndices(values.length, rng)
    let total = 0
    for (let i = 0; i < drawn.length; i++) total += values[drawn[i]!]!
    sum += total / drawn.length
  }
  return sum / replicates.length
}

function drawIndices(count: number, rng: Rng): Uint32Array {
  const drawn = new Uint32Array(count)
  for (let i = 0; i < count; i++) drawn[i] = rng.int(count)
  return drawn
}

function requireLevels(worlds: NestedDifferences, items: 'shared' | 'own'): void {
  if (worlds.length === 0 || worlds.some((replicates) => replicates.length === 0)) {
    throw new RangeError('hierarchicalBootstrap: expected at least one world, and a replicate in each')
  }
  for (const [w, replicates] of worlds.entries()) {
    for (const [r, values] of replicates.entries()) {
      requireFinite(`hierarchicalBootstrap, world ${w}, replicate ${r}`, values)
      if (items === 'shared' && values.length !== replicates[0]!.length) {
        throw new RangeError(
          `hierarchicalBootstrap: world ${w} has replicates with ${replicates[0]!.length} and ${values.length} items, which cannot be the same items`,
        )
      }
    }
  }
}
