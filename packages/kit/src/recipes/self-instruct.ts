import type { Recipe } from './recipe.ts'

/**
 * Self-Instruct as published: instructions from eight examples (six human, two the run’s own), a classification test, one instance each;
 * ROUGE-L 0.7, random batches, no feedback. The source shows eight and stops before item 16. Source: yizhongw/self-instruct @0b26cca;
 * what differs is in `packages/pipeline/src/strategies/staged.ts`.
 */
export default {
  id: 'self-instruct',
  title: 'Self-Instruct',
  source: 'yizhongw/self-instruct @0b26cca; METHOD 2.2',
  defaults: {
    generator: { temperature: 0.7, topP: 0.5, maxOutputTokens: 1024 },
    prompt: { strategy: 'staged', seedsPerPrompt: 8, tasksPerCall: 7 },
    filter: { threshold: 0.7, heuristics: 'self-instruct' },
    batches: { composer: 'random' },
    seedPolicy: { rule: 'fixed' },
  },
} satisfies Recipe
