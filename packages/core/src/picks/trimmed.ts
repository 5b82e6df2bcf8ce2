import type { PickRule } from './pick.ts'

/** The share of a batch with the highest losses is most often wrong (METHOD 2.6, EL2N). */
const trimmedShare = 0.1

/** Highest loss first, without the tenth (at least one row) that has the highest: hard, but not suspiciously so. */
export default {
  id: 'trimmed',
  title: 'the instruction with the highest loss first, without the tenth of the batch that has the highest losses',
  needs: { losses: true },
  order({ count, losses }) {
    if (losses?.length !== count) throw new RangeError(`trimmed: expected a loss for each of ${count} rows, got ${losses?.length ?? 'none'}`)
    const hardestFirst = Array.from({ length: count }, (_, i) => i).sort((a, b) => losses[b]! - losses[a]! || a - b)
    return hardestFirst.slice(Math.max(1, Math.floor(trimmedShare * count)))
  },
} satisfies PickRule
