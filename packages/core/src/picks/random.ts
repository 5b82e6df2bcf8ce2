import type { PickRule } from './pick.ts'

/** Any instruction of the attractive batch. Pilots: the rule that does no harm (METHOD 4.6, FEEDBACK 6.2). */
export default {
  id: 'random',
  title: 'any instruction of the attractive batch',
  needs: { losses: false },
  order: ({ count, rng }) => rng.shuffle(Array.from({ length: count }, (_, i) => i)),
} satisfies PickRule
