import type { Usage } from '@sedi/spec'
import * as z from 'zod'

const usageSchema = z.looseObject({
  prompt_tokens: z.unknown().optional(),
  completion_tokens: z.unknown().optional(),
  prompt_tokens_details: z.looseObject({ cached_tokens: z.unknown().optional(), cache_write_tokens: z.unknown().optional() }).nullish().catch(undefined),
  completion_tokens_details: z.looseObject({ reasoning_tokens: z.unknown().optional() }).nullish().catch(undefined),
  // DeepSeek's and Together's names for prompt_tokens_details.cached_tokens.
  prompt_cache_hit_tokens: z.unknown().optional(),
  cached_tokens: z.unknown().optional(),
  // SGLang's for completion_tokens_details.reasoning_tokens.
  reasoning_tokens: z.unknown().optional(),
})

/** Token counts of a reply. What is missing is `undefined`; what is there but cannot be right is `undefined` with a warning. */
export function parseUsage(value: unknown): { readonly usage: Usage; readonly warnings: readonly string[] } {
  if (value === undefined || value === null) return { usage: {}, warnings: [] }
  const parsed = usageSchema.safeParse(value)
  if (!parsed.success) return { usage: {}, warnings: [`usage: expected an object, got ${JSON.stringify(value).slice(0, 80)}`] }

  const warnings: string[] = []
  const tokens = (name: string, count: unknown, most = Number.MAX_SAFE_INTEGER): number | undefined => {
    if (count === undefined || count === null) return undefined
    if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= most) return count
    warnings.push(`usage.${name}: expected a count of tokens, got ${JSON.stringify(count).slice(0, 80)}; counted as unknown`)
    return undefined
  }
  const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details, ...others } = parsed.data
  const inputTokens = tokens('prompt_tokens', prompt_tokens)
  const outputTokens = tokens('completion_tokens', completion_tokens)
  const cachedInputTokens =
    tokens('prompt_tokens_details.cached_tokens', prompt_tokens_details?.cached_tokens, inputTokens) ??
    tokens('prompt_cache_hit_tokens', others.prompt_cache_hit_tokens, inputTokens) ??
    tokens('cached_tokens', others.cached_tokens, inputTokens)
  const reasoningTokens =
    tokens('completion_tokens_details.reasoning_tokens', completion_tokens_details?.reasoning_tokens, outputTokens) ??
    tokens('reasoning_tokens', others.reasoning_tokens, outputTokens)
  const uncached = inputTokens === undefined ? undefined : inputTokens - (cachedInputTokens ?? 0)
  const cacheWriteInputTokens = tokens('prompt_tokens_details.cache_write_tokens', prompt_tokens_details?.cache_write_tokens, uncached)
  const usage = {
    inputTokens,
    outputTokens,
    cachedInputTokens,
    ...(cacheWriteInputTokens === undefined ? {} : { cacheWriteInputTokens }),
    reasoningTokens,
  }
  return { usage, warnings }
}

/** Some servers fill counts they do not keep with 0: no prompt has 0 tokens, and no text that is there. Those counts are unknown then. */
export function withoutImpossibleZeros(usage: Usage, answer: string): { readonly usage: Usage; readonly warnings: readonly string[] } {
  const noInput = usage.inputTokens === 0
  const noOutput = usage.outputTokens === 0 && answer !== ''
  if (!noInput && !noOutput) return { usage, warnings: [] }
  return {
    usage: {
      ...usage,
      ...(noInput ? { inputTokens: undefined, cachedInputTokens: undefined } : {}),
      ...(noOutput ? { outputTokens: undefined, reasoningTokens: undefined } : {}),
    },
    warnings: [`usage: the server counts 0 ${noInput ? 'prompt' : 'answer'} tokens where there are some; counted as unknown`],
  }
}
