import { type EvalContext, type Sample, SediError } from '@sedi/spec'

/**
 * The student's answer: the one that was given earlier, else what it says now at temperature 0.
 * Throws `unsupported` without either, and `content-refused` when its provider withheld the answer: that is not an answer of ''.
 */
export async function answerOf(sample: Sample, { generator, signal }: EvalContext, maxOutputTokens: number): Promise<string> {
  if (sample.prediction !== undefined) return sample.prediction
  if (generator === undefined)
    throw new SediError('unsupported', `There is no answer to item ${sample.id} and nobody to ask: expected a prediction or a generator.`)
  const request = { messages: [{ role: 'user' as const, content: sample.prompt }], maxOutputTokens, temperature: 0 }
  const { text, finishReason } = await generator.generate(request, { signal })
  if (finishReason === 'content-filter' && text === '')
    throw new SediError('content-refused', `The student’s provider withheld its answer to item ${sample.id}.`, { details: { reason: 'refused' } })
  return text
}
