import type { SignalRule } from './signal.ts'

/**
 * Loss of the batch minus loss of the one trained after it: how much lower the loss is once its update is made. What a trainer that tells
 * losses only can give; noisy, because the two batches differ. The last step before a gap in the numbers has none.
 */
export default {
  id: 'loss-drop',
  title: 'loss of the batch minus loss of the batch trained after it',
  measure: 'loss drop',
  needs: ['loss'],
  fallback: 2,
  source: 'ours; learning progress as in Graves et al. (arXiv 1704.03003), with another batch as the probe',
  of: ({ trained, next }) => (trained === undefined || next?.step !== trained.step + 1 ? null : trained.loss - next.loss),
} satisfies SignalRule
