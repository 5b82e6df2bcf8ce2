import { rougeL } from '@sedi/core'
import type { EvalContext, Evaluator, Sample, Score } from '@sedi/spec'
import { answerOf } from '../answers/answer-of.ts'
import { referencesOf } from '../answers/references-of.ts'

/** Answers are not cut shorter than this: a cut answer has a higher precision than the student earned. */
const roomTokens = 1024

/**
 * ROUGE-L F of the student's answer and the nearest reference, as rouge_score computes it (`rougeL`, no stemming; several references: the
 * highest F). Words are runs of a–z and 0–9: answers in other scripts score 0.
 */
export default {
  specVersion: 1,
  id: 'rouge-l',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'F measure', source: 'Lin 2004; rouge_score 0.1.2' },
  needs: { reference: true, generator: true, scorer: false, embedder: false },
  async score(sample: Sample, context: EvalContext): Promise<Score> {
    const references = referencesOf(sample, 'rouge-l')
    const prediction = await answerOf(sample, context, Math.max(roomTokens, ...references.map(({ length }) => length + 32)))
    return { value: Math.max(...references.map((reference) => rougeL(reference, prediction))), prediction }
  },
} satisfies Evaluator
