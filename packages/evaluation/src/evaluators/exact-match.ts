import { type EvalContext, type Evaluator, type Sample, type Score, SediError } from '@sedi/spec'
import { answerOf } from '../answers/answer-of.ts'
import { referencesOf } from '../answers/references-of.ts'

/**
 * 1 when the student's greedy answer is a reference, to the character; 0 otherwise.
 *
 * An answer that was given earlier is compared after trimming. With a scorer the answer is not generated: greedy decoding gives the
 * reference exactly when at every token, the end token included, the reference is the most probable one, which one forward pass for each
 * reference shows. Without a scorer the answer is generated at temperature 0 and compared after trimming. Source: METHOD 2.7.
 */
export default {
  specVersion: 1,
  id: 'exact-match',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'share of answers', source: 'teacher-forced argmax; METHOD 2.7' },
  needs: { reference: true, generator: true, scorerWillDo: true, scorer: false, embedder: false },
  async score(sample: Sample, context: EvalContext): Promise<Score> {
    const references = referencesOf(sample, 'exact-match')
    if (sample.prediction === undefined && context.scorer !== undefined) return scoreTeacherForced(sample, references, context)
    if (sample.prediction === undefined && context.generator === undefined)
      throw new SediError('unsupported', 'exact-match needs a scorer or a generator; the trained model offers neither.')
    // Four times the reference's characters plus room is more tokens than a right answer can have.
    const prediction = await answerOf(sample, context, Math.max(...references.map(({ length }) => length)) * 4 + 32)
    return { value: references.some((reference) => prediction.trim() === reference.trim()) ? 1 : 0, prediction }
  },
} satisfies Evaluator

async function scoreTeacherForced({ id, prompt }: Sample, references: readonly string[], context: EvalContext): Promise<Score> {
  const results = await context.scorer!.score(
    references.map((completion) => ({ prompt, completion })),
    context,
  )
  const right = references.find((_, i) => {
    const scored = results[i]
    if (scored === undefined || scored.tokenLogprobs.length !== scored.topLogprobs.length || scored.tokenLogprobs.length === 0)
      throw new SediError('provider-response', `The scorer returned no token probabilities for test item ${id}.`)
    return scored.tokenLogprobs.every((logprob, token) => logprob >= scored.topLogprobs[token]!)
  })
  return right === undefined ? { value: 0 } : { value: 1, prediction: right }
}
