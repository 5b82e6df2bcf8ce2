import { endToken, separatorToken, type Tokenizer } from './tokenizer.ts'

/** A sequence whose last `targetCount` tokens are predicted, each from the tokens before it. */
export type EncodedExample = {
  /** Prompt, separator, answer, end. */
  readonly tokens: readonly number[]
  readonly targetCount: number
  /** What did not fit: the beginning of the prompt, or the whole prompt and the end of the answer. */
  readonly cut: 'nothing' | 'prompt' | 'answer'
}

/**
 * `prompt separator answer end`, at most `maxTokens` long. A prompt too long loses its beginning; an answer that alone is too long loses its end and
 * its end token (a model must not learn to stop there).
 */
export function encodeExample(tokenizer: Tokenizer, example: { readonly prompt: string; readonly completion: string }, maxTokens: number): EncodedExample {
  const prompt = tokenizer.encode(example.prompt)
  const targets = [...tokenizer.encode(example.completion), endToken]
  const room = maxTokens - 1 - targets.length
  if (room < 0) {
    const kept = targets.slice(0, maxTokens - 1)
    return { tokens: [separatorToken, ...kept], targetCount: kept.length, cut: 'answer' }
  }
  const kept = prompt.slice(Math.max(0, prompt.length - room))
  return { tokens: [...kept, separatorToken, ...targets], targetCount: targets.length, cut: kept.length < prompt.length ? 'prompt' : 'nothing' }
}
