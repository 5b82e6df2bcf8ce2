import type { SignalRule } from './signal.ts'

/** How hard the batch was; over the rows that counted, where there is a mask. */
export default {
  id: 'batch-loss',
  title: 'mean loss of the batch; rows that a mask left out do not count',
  measure: 'loss',
  needs: ['loss'],
  source: 'METHOD 2.6',
  of({ trained }) {
    if (trained === undefined) return null
    const { loss, exampleLosses, masked } = trained
    if (exampleLosses === null || masked === null) return loss
    const counted = exampleLosses.filter((_, row) => !masked[row])
    return counted.length === 0 ? null : counted.reduce((sum, value) => sum + value, 0) / counted.length
  },
} satisfies SignalRule
