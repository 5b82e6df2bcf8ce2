import type { Recipe } from './recipe.ts'

/**
 * The baseline: Self-Instruct's loop in one call. Three human seeds per prompt and never a machine one, ROUGE-L 0.7, random batches,
 * no feedback. Source: stanford_alpaca @761dc5b, `generate_instruction.py`; METHOD 2.2.
 */
export default {
  id: 'alpaca',
  title: 'Self-Instruct (Alpaca form)',
  source: 'stanford_alpaca; METHOD 2.2',
  defaults: {
    prompt: { strategy: 'joint', seedsPerPrompt: 3, tasksPerCall: 20 },
    filter: { threshold: 0.7, heuristics: 'alpaca' },
    batches: { composer: 'random' },
    seedPolicy: { rule: 'fixed' },
  },
} satisfies Recipe
