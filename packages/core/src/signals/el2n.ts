import type { SignalRule } from './signal.ts'

/** How far the student’s probabilities are from the answers, whatever their length; bounded, where a loss is not. Wrong answers are far from them too. */
export default {
  id: 'el2n',
  title: 'mean length of the error vector (EL2N) of the batch’s examples; rows that a mask left out do not count',
  measure: 'EL2N',
  needs: ['exampleErrors'],
  source: 'Paul et al. (arXiv 2107.07075), as a mean over target tokens (METHOD 2.6); there over several initialisations, here of the student as it is',
  of({ trained }) {
    const errors = trained?.exampleErrors ?? null
    if (errors === null) return null
    const counted = errors.filter((_, row) => trained!.masked?.[row] !== true)
    return counted.length === 0 ? null : counted.reduce((sum, value) => sum + value, 0) / counted.length
  },
} satisfies SignalRule
