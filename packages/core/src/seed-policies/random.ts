import type { SeedStanding } from '../evictions.ts'
import { evictInOrder } from './evict-in-order.ts'
import type { SeedPolicy } from './seed-policy.ts'

/** As many seeds change as with `attractive`, by lot: the control that tells feedback from mere change (METHOD 4.2, SEDI_rand). */
export default {
  id: 'random',
  title: 'as many seeds change as with `attractive`, by lot',
  source: 'METHOD 4.2; a control',
  needs: { signal: true, clusters: false, gaps: false, losses: false },
  revise({ windows, settings, pool, seeds, round, rng }) {
    const order = rng('random-wishes', round).shuffle([...pool])
    return {
      groups: [
        {
          quota: windows.length * settings.topBatches * settings.picksPerBatch,
          wishes: order.map(({ id }) => ({ exampleId: id, cluster: id, step: null, windowEnd: null, signal: null, score: null, reason: 'drawn by lot' })),
        },
      ],
      evict: (count) => evictInOrder(rng('random-evictions', round).shuffle<SeedStanding>([...seeds]), count, settings, 'drawn by lot'),
    }
  },
} satisfies SeedPolicy
