import type { EvalContext, Evaluator, Sample, Score } from '@sedi/spec'
import { answerOf } from '../answers/answer-of.ts'
import { normaliseAnswer } from '../answers/normalise-answer.ts'
import { referencesOf } from '../answers/references-of.ts'

/**
 * 1 when the student's answer and a reference are equal once case, punctuation, articles and ways to write a number are set aside
 * (`normaliseAnswer` says how); 0 otherwise. Nothing is searched for inside a longer answer: “The answer is 42” is not “42”.
 * Answers of which nothing is left (“?!”) are compared as they are, trimmed.
 */
export default {
  specVersion: 1,
  id: 'normalised-match',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'share of answers', source: 'after SQuAD’s normalize_answer (Rajpurkar 2016), numbers kept' },
  needs: { reference: true, generator: true, scorer: false, embedder: false },
  async score(sample: Sample, context: EvalContext): Promise<Score> {
    const references = referencesOf(sample, 'normalised-match')
    const prediction = await answerOf(sample, context, Math.max(...references.map(({ length }) => length)) * 4 + 32)
    return { value: references.some((reference) => isSame(prediction, reference)) ? 1 : 0, prediction }
  },
} satisfies Evaluator

function isSame(prediction: string, reference: string): boolean {
  const wanted = normaliseAnswer(reference)
  return wanted === '' ? prediction.trim() === reference.trim() : normaliseAnswer(prediction) === wanted
}
