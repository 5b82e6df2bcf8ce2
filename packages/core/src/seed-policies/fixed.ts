import { noChange, type SeedPolicy } from './seed-policy.ts'

/** The control that every feedback rule must beat (METHOD 3). */
export default {
  id: 'fixed',
  title: 'the human seeds, always',
  source: 'Self-Instruct’s seeds without its mixing; FEEDBACK 6.4',
  needs: { signal: false, clusters: false, gaps: false, losses: false },
  revise: () => noChange,
} satisfies SeedPolicy
