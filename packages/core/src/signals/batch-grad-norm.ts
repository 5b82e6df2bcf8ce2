import type { SignalRule } from './signal.ts'

/** The paper's signal. Its square is the first-order gain of a step on its own batch; wrong answers and short ones raise it too (METHOD 2.5). */
export default {
  id: 'batch-grad-norm',
  title: 'L2 norm of the batch’s gradient before clipping',
  measure: 'gradient norm',
  needs: ['gradNorm'],
  fallback: 1,
  source: 'SeDi-Instruct (arXiv 2502.04774)',
  of: ({ trained }) => trained?.gradNorm ?? null,
} satisfies SignalRule
