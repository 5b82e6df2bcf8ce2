import type { Recipe } from './recipe.ts'

/**
 * SeDi-Instruct read literally: the hardest instructions of the batch with the largest gradient norm become seeds, unchecked. In pilots most of
 * them were wrong (METHOD 4.6); for comparisons.
 */
export default {
  id: 'sedi-paper',
  title: 'SeDi-Instruct, literally',
  source: 'arXiv 2502.04774; what it leaves open as METHOD 2.4 (literal)',
  defaults: {
    prompt: { strategy: 'joint', seedsPerPrompt: 3, tasksPerCall: 20 },
    filter: { threshold: 0.85, heuristics: 'alpaca' },
    batches: { composer: 'round-robin', variant: 'epoch-exact' },
    feedback: { signal: 'batch-grad-norm', everySteps: 10, topBatches: 1, picksPerBatch: 2, pick: 'hardest', verify: false },
    seedPolicy: { rule: 'attractive', protectHuman: 0, protectRounds: 2 },
  },
} satisfies Recipe
