import type { Usage } from '@sedi/spec'
import * as z from 'zod'

const usageSchema = z.looseObject({
  prompt_tokens: z.unknown().optional(),
  completion_tokens: z.unknown().optional(),
  prompt_tokens_details: z.looseObject({ cached_tokens: z.unknown().optional() }).nullish().catch(undefined),
  completion_tokens_details: z.looseObject({ reasoning_tokens: z.unknown().optional() }).nullish().catch(undefined),
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
  const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details } = parsed.data
  const inputTokens = tokens('prompt_tokens', prompt_tokens)
  const outputTokens = tokens('completion_tokens', completion_tokens)
  const usage = {
    inputTokens,
    outputTokens,
    cachedInputTokens: tokens('prompt_tokens_details.cached_tokens', prompt_tokens_details?.cached_tokens, inputTokens),
    reasoningTokens: tokens('completion_tokens_details.reasoning_tokens', completion_tokens_details?.reasoning_tokens, outputTokens),
  }
  return { usage, warnings }
}
