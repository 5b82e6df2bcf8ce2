import type { TrainingExample, TrainingSpec } from '@sedi/spec'

/** Bytes of text for one token, about; for English. */
const bytesPerToken = 4

/** What should be said about lengths: only the service knows its tokeniser, and what it does with examples that are too long. */
export function lengthNotes({ examples, maxLengthTokens }: Pick<TrainingSpec, 'examples' | 'maxLengthTokens'>): string[] {
  const lengthOf = ({ prompt, completion }: TrainingExample): number => Math.ceil((Buffer.byteLength(prompt) + Buffer.byteLength(completion)) / bytesPerToken)
  const long = examples.filter((example) => lengthOf(example) > maxLengthTokens).length
  if (long === 0) return []
  return [
    `${long} of ${examples.length} examples are longer than training.maxLength = ${maxLengthTokens} tokens by an estimate of ${bytesPerToken} bytes a token; they were sent whole, and the service cuts or refuses what exceeds its own limit`,
  ]
}
