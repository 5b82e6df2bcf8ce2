import type { PickRule } from './pick.ts'

/** Any instruction of the attractive batch that the mask did not take for a label error. All of them where there is no mask (FEEDBACK 6.2). */
export default {
  id: 'random-unmasked',
  title: 'any instruction of the attractive batch that the mask left in the loss',
  needs: { losses: false },
  order: ({ count, masked, rng }) => rng.shuffle(Array.from({ length: count }, (_, i) => i).filter((row) => masked?.[row] !== true)),
} satisfies PickRule
