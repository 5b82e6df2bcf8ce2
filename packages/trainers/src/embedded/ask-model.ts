import { createRng } from '@sedi/core'
import { encodeExample } from './encode-example.ts'
import type { InferenceQueue } from './inference-queue.ts'
import type { Model } from './model.ts'
import type { Sample, SampleSettings, ScoreItem, ScoreResult } from './protocol.ts'
import { sampleToken } from './sample-token.ts'
import { endToken, separatorToken } from './tokenizer.ts'

/** Teacher-forced scores of the items, in their order. What is longer than the model's context is cut as in training. */
export function scoreItems(queue: InferenceQueue, model: Model, items: readonly ScoreItem[], signal: AbortSignal): Promise<ScoreResult[]> {
  return Promise.all(
    items.map(async (item) => {
      const scores = await queue.score(model, encodeExample(model.tokenizer, item, model.config.contextTokens), signal)
      return { tokenLogprobs: scores.target, topLogprobs: scores.top }
    }),
  )
}

/**
 * Writes an answer token by token until the end token, a stop text, `maxOutputTokens` or the end of the model's context.
 *
 * A prompt that leaves no room is cut from its beginning, but never to less than half the context. Each token is one forward pass over the whole
 * text (there is no cache of keys and values).
 */
export async function generateAnswer(queue: InferenceQueue, model: Model, prompt: string, settings: SampleSettings, signal: AbortSignal): Promise<Sample> {
  const { tokenizer, config } = model
  const rng = createRng(settings.seed, 'embedded', 'sample')
  const wholePrompt = tokenizer.encode(prompt)
  const room = Math.min(settings.maxOutputTokens, Math.floor(config.contextTokens / 2))
  const promptTokens = wholePrompt.slice(Math.max(0, wholePrompt.length - (config.contextTokens - 1 - room)))
  const tokens = [...promptTokens, separatorToken]
  const written: number[] = []

  const result = (text: string, finishReason: Sample['finishReason'], outputTokens: number): Sample => {
    return { text, finishReason, inputTokens: promptTokens.length, outputTokens, cutTokens: wholePrompt.length - promptTokens.length }
  }
  while (written.length < settings.maxOutputTokens && tokens.length < config.contextTokens) {
    const token = sampleToken(await queue.nextLogits(model, tokens, signal), settings.temperature, settings.topP, rng)
    if (token === endToken) return result(tokenizer.decode(written), 'stop', written.length + 1)
    tokens.push(token)
    written.push(token)
    const text = tokenizer.decode(written)
    const stopAt = firstIndexOf(text, settings.stop)
    if (stopAt !== undefined) return result(text.slice(0, stopAt), 'stop', written.length)
  }
  return result(tokenizer.decode(written), 'length', written.length)
}

function firstIndexOf(text: string, stops: readonly string[]): number | undefined {
  const found = stops.filter((stop) => stop !== '').flatMap((stop) => (text.includes(stop) ? text.indexOf(stop) : []))
  return found.length === 0 ? undefined : Math.min(...found)
}
