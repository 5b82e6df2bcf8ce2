import { firstTokens } from '@sedi/simulation'

export type CacheModel = { readonly minTokens: number; readonly blockTokens: number }

/**
 * A provider's prompt cache as they describe it: a prompt that begins as an earlier one did is billed as cached, in whole blocks, if it has at
 * least so many tokens. Nothing is ever evicted. Tokens are the simulated world's.
 */
export function createPrefixCache({ minTokens, blockTokens }: CacheModel): { read(prompt: string, tokens: number): number } {
  /** (beginning so far, next block) → the longer beginning. */
  const known = new Map<string, number>()
  return {
    read(prompt, tokens) {
      if (tokens < minTokens) return 0
      let rest = prompt
      let beginning = 0
      let cached = 0
      let hits = true
      for (let block = 1; block * blockTokens <= tokens; block++) {
        const text = firstTokens(rest, blockTokens)
        rest = rest.slice(text.length)
        const key = `${beginning} ${text}`
        const seen = known.get(key)
        hits &&= seen !== undefined
        if (hits) cached = block * blockTokens
        beginning = seen ?? known.size + 1
        if (seen === undefined) known.set(key, beginning)
      }
      return cached >= minTokens ? cached : 0
    },
  }
}
