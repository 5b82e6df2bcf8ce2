import type { Evaluator } from '@sedi/spec'
import { chooseByLikelihood } from '../choices/choose-by-likelihood.ts'

/** 1 when the right option has the highest log-probability for each of its characters: `acc_norm` of lm-evaluation-harness. */
export default {
  specVersion: 1,
  id: 'multiple-choice-norm',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'share of questions', source: 'lm_eval 0.4.13, multiple_choice, acc_norm' },
  needs: { reference: true, generator: false, scorer: true, embedder: false },
  score: (sample, context) => chooseByLikelihood(sample, context, (logprob, option) => logprob / [...option].length),
} satisfies Evaluator
