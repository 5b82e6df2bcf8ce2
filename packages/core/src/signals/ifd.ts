import type { SignalRule } from './signal.ts'

/** Mean instruction-following difficulty of the batch. Above 1 the instruction does not help: such examples are left out, as their authors do. */
export default {
  id: 'ifd',
  title: 'mean instruction-following difficulty (IFD) of the batch’s examples, by a scorer of its own',
  measure: 'IFD',
  needs: ['scorer'],
  fallback: 3,
  source: 'Cherry LLM (arXiv 2308.12032); with a small scorer: Superfiltering (arXiv 2402.00530)',
  of({ exampleIds, scoreOf }) {
    const figures = exampleIds.map(scoreOf).filter((value): value is number => typeof value === 'number' && value < 1)
    return figures.length === 0 ? null : figures.reduce((sum, value) => sum + value, 0) / figures.length
  },
} satisfies SignalRule
