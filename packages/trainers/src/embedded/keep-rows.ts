import type { ExampleId, Mask } from '@sedi/spec'
import type { Jax, Tensor } from './jax.ts'

/** What a step leaves out of its loss, as numbers a compiled graph takes. */
export type MaskLevels = {
  /** Rows whose mean gap is above it stay out, nats per target token. Infinity: none. */
  readonly gapAbove: number
  /** So many rows with the highest mean losses stay out. 0: none. */
  readonly trimRows: number
  /** Rows that count whatever their gaps and losses. */
  readonly exemptRows: readonly number[]
}

export const noMask: MaskLevels = { gapAbove: Infinity, trimRows: 0, exemptRows: [] }

/** The levels of a step with these rows. */
export function maskLevels(mask: Mask | undefined, step: number, exampleIds: readonly ExampleId[]): MaskLevels {
  if (mask === undefined || step <= mask.warmSteps) return noMask
  const exempt = new Set(mask.exempt)
  const exemptRows = exempt.size === 0 ? [] : [...exampleIds.keys()].filter((row) => exempt.has(exampleIds[row]!))
  return mask.rule === 'gap'
    ? { ...noMask, gapAbove: mask.threshold, exemptRows }
    : { ...noMask, trimRows: Math.floor(mask.share * exampleIds.length), exemptRows }
}

/**
 * 1 for each row that counts in the loss, 0 for each that does not: `gap <= gapAbove` and at least `trimRows` rows with a higher loss (of equal losses the
 * earlier row counts as higher), or `exempt` is 1. Nobody is left out in the place of an exempt row. (B,), (B,), …, (B,) -> (B,)
 *
 * By comparing every row with every other one, B² comparisons, so that it stays inside the graph of the step.
 */
export function keepRows(jax: Jax, losses: Tensor, gaps: Tensor, gapAbove: Tensor, trimRows: Tensor, exempt: Tensor): Tensor {
  const { numpy: np } = jax
  const [B] = losses.shape as [number]
  const own = losses.ref.reshape([B, 1])
  const other = losses.reshape([1, B])
  const earlier = np.lessEqual(np.arange(B).reshape([1, B]).add(1), np.arange(B).reshape([B, 1])) // (B, B)
  const tied = np.where(earlier, np.where(np.equal(own.ref, other.ref), 1, 0), 0)
  const rank = np.sum(np.where(np.lessEqual(other, own), tied, 1), -1) // (B,): rows above this one
  const kept = np.where(np.lessEqual(gaps, gapAbove), np.where(np.lessEqual(trimRows, rank), 1, 0), 0)
  return np.where(np.lessEqual(exempt, 0), kept, 1)
}
