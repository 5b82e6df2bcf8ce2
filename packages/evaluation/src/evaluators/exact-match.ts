import { type EvalContext, type Evaluator, type Sample, type Score, SediError } from '@sedi/spec'

/**
 * 1 when the student's greedy answer is the reference, to the character; 0 otherwise.
 *
 * With a scorer the answer is not generated: greedy decoding gives the reference exactly when at every token, the end token included,
 * the reference is the most probable one, which one forward pass shows. Without a scorer the answer is generated at temperature 0 and
 * compared after trimming. Source: METHOD 2.7.
 */
export default {
  specVersion: 1,
  id: 'exact-match',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'share of answers', source: 'teacher-forced argmax; METHOD 2.7' },
  needs: { reference: true, generator: true, scorer: false, embedder: false },
  async score(sample: Sample, context: EvalContext): Promise<Score> {
    if (sample.reference === undefined) throw new SediError('invalid-input', `exact-match needs a reference answer; test item ${sample.id} has none.`)
    if (context.scorer !== undefined) return scoreTeacherForced(sample.id, sample.prompt, sample.reference, context)
    return scoreGenerated(sample.prompt, sample.reference, context)
  },
} satisfies Evaluator

async function scoreTeacherForced(id: string, prompt: string, reference: string, context: EvalContext): Promise<Score> {
  const [scored] = await context.scorer!.score([{ prompt, completion: reference }], context)
  if (scored === undefined || scored.tokenLogprobs.length !== scored.topLogprobs.length || scored.tokenLogprobs.length === 0) {
    throw new SediError('provider-response', `The scorer returned no token probabilities for test item ${id}.`)
  }
  const right = scored.tokenLogprobs.every((logprob, i) => logprob >= scored.topLogprobs[i]!)
  return right ? { value: 1, prediction: reference } : { value: 0 }
}

async function scoreGenerated(prompt: string, reference: string, { generator, signal }: EvalContext): Promise<Score> {
  if (generator === undefined) throw new SediError('unsupported', 'exact-match needs a scorer or a generator; the trained model offers neither.')
  // Four times the reference's characters plus room is more tokens than a right answer can have.
  const maxOutputTokens = reference.length * 4 + 32
  const { text } = await generator.generate({ messages: [{ role: 'user', content: prompt }], maxOutputTokens, temperature: 0 }, { signal })
  return { value: text.trim() === reference.trim() ? 1 : 0, prediction: text }
}
