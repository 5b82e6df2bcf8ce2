import type { Recipe } from './recipe.ts'

/**
 * SeDi-Instruct: the relaxed filter, batches spread over clusters, and seeds chosen by what training learned. Suspected label errors are left out
 * of the loss where the trainer can, and picks inside an attractive batch are by lot among the rows that were not left out: ranked picks promote
 * wrong answers, and without the mask the whole loop loses to fixed seeds (docs/reproduction/full). Clusters of which the mask would take more than half
 * are left alone: the guard costs nothing where the mask helps (docs/reproduction/guard), and prevents what it does where answers have many wordings.
 * Source: arXiv 2502.04774 as far as it is known; METHOD 1 lists what is not; the mask: FEEDBACK 6.1.
 */
export default {
  id: 'sedi',
  title: 'SeDi',
  source: 'arXiv 2502.04774; METHOD 2.3; FEEDBACK 6',
  defaults: {
    prompt: { strategy: 'joint', seedsPerPrompt: 3, tasksPerCall: 20 },
    filter: { threshold: 0.85, heuristics: 'alpaca' },
    batches: { composer: 'round-robin', variant: 'epoch-exact' },
    feedback: { signal: 'auto', everySteps: 10, topBatches: 1, picksPerBatch: 2, pick: 'random-unmasked', verify: true },
    training: { mask: 'auto', maskClusterShare: 0.5 },
    seedPolicy: { rule: 'attractive', protectHuman: 0.5, protectRounds: 2 },
  },
} satisfies Recipe
