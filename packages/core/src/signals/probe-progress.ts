import type { SignalRule } from './signal.ts'

/**
 * What a round's training did for others like the batch: how far the loss fell on probe instructions in the clusters of its rows, mean over
 * the rows. Learning a wrong answer by heart is no progress here, as it is in the fall of a row's own loss.
 */
export default {
  id: 'probe-progress',
  title: 'how far the round lowered the loss on probe instructions in the clusters of the batch',
  measure: 'fall of probe loss',
  needs: ['probes'],
  source: 'self-prediction gain of Graves et al. (arXiv 1704.03003), with the clusters of METHOD 3.2; one figure for each round and cluster',
  of({ exampleIds, probeDropOf }) {
    const drops = exampleIds.map(probeDropOf).filter((value): value is number => typeof value === 'number')
    return drops.length === 0 ? null : drops.reduce((sum, value) => sum + value, 0) / drops.length
  },
} satisfies SignalRule
