import { createHash } from 'node:crypto'
import type { Message } from '@sedi/spec'

/** Which prompts began like an earlier one. */
export interface PromptCache {
  /** Tokens of the longest beginning that an earlier prompt had too, and remembers this prompt. */
  lookUp(messages: readonly Message[], inputTokens: number): number
}

const leastTokens = 1_024
const stepTokens = 128
const mostPrefixes = 100_000

// The tokens of @sedi/simulation's count, one by one.
const token = / ?(?:\p{L}{1,6}|\p{N}{1,3}|\n+|[^\p{L}\p{N}\n])/gu

/**
 * As OpenAI documents it: exact beginnings, from 1,024 tokens on, in steps of 128, across requests; the end of the prompt is never cached whole.
 * Entries are dropped only for room, oldest first. Prompts below the least length cost nothing.
 */
export function createPromptCache(): PromptCache {
  const seen = new Set<string>()
  return {
    lookUp(messages, inputTokens) {
      if (inputTokens < leastTokens) return 0
      let cached = 0
      for (const { tokens, digest } of prefixesOf(messages)) {
        if (tokens > inputTokens) break
        if (seen.delete(digest)) cached = tokens
        seen.add(digest)
      }
      for (const oldest of seen) {
        if (seen.size <= mostPrefixes) break
        seen.delete(oldest)
      }
      return cached
    },
  }
}

/** A cache that never has anything. */
export const noPromptCache: PromptCache = { lookUp: () => 0 }

function* prefixesOf(messages: readonly Message[]): Generator<{ readonly tokens: number; readonly digest: string }> {
  const prompt = messages.map(({ role, content }) => `${role}\n${content}`).join('\n\n')
  const hash = createHash('sha256')
  let tokens = 0
  let hashed = 0
  for (const match of prompt.matchAll(token)) {
    tokens += 1
    if (tokens < leastTokens || tokens % stepTokens !== 0) continue
    const end = match.index + match[0].length
    hash.update(prompt.slice(hashed, end))
    hashed = end
    yield { tokens, digest: hash.copy().digest('base64') }
  }
}
