import type { Recipe } from './recipe.ts'

/**
 * SeDi-Instruct: the relaxed filter, batches spread over clusters, and seeds chosen by what training learned. Picks inside an
 * attractive batch are random and verified, because ranked picks promoted wrong answers in pilots (METHOD 2.3, 4.6).
 * Source: arXiv 2502.04774 as far as it is known; METHOD 1 lists what is not.
 */
export default {
  id: 'sedi',
  title: 'SeDi',
  source: 'arXiv 2502.04774; METHOD 2.3',
  defaults: {
    prompt: { strategy: 'joint', seedsPerPrompt: 3, tasksPerCall: 20 },
    filter: { threshold: 0.85, heuristics: 'alpaca' },
    batches: { composer: 'round-robin', variant: 'epoch-exact' },
    feedback: { signal: 'auto', everySteps: 10, topBatches: 1, picksPerBatch: 2, pick: 'random', verify: true },
    seedPolicy: { rule: 'attractive', protectHuman: 0.5, protectRounds: 2 },
  },
} satisfies Recipe
