import type { HeuristicSet } from './heuristic.ts'

export default { id: 'none', title: 'no rules', check: () => undefined } satisfies HeuristicSet
