import type { PickRule } from './pick.ts'

/** Highest loss first, ties by batch order. A literal reading of the paper; pilots promoted mostly wrong answers (METHOD 4.6). */
export default {
  id: 'hardest',
  title: 'the instruction with the highest loss first',
  needs: { losses: true },
  order({ count, losses }) {
    if (losses?.length !== count) throw new RangeError(`hardest: expected a loss for each of ${count} rows, got ${losses?.length ?? 'none'}`)
    return Array.from({ length: count }, (_, i) => i).sort((a, b) => losses[b]! - losses[a]! || a - b)
  },
} satisfies PickRule
