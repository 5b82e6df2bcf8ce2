import type { Evaluator } from '@sedi/spec'
import { chooseByLikelihood } from '../choices/choose-by-likelihood.ts'

/** 1 when the right option is the most probable one: `acc` of lm-evaluation-harness. Favours short options; `multiple-choice-norm` does not. */
export default {
  specVersion: 1,
  id: 'multiple-choice',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'share of questions', source: 'lm_eval 0.4.13, multiple_choice, acc' },
  needs: { reference: true, generator: false, scorer: true, embedder: false },
  score: (sample, context) => chooseByLikelihood(sample, context, (logprob) => logprob),
} satisfies Evaluator
