import { type FinishReason, type GenerateResult, SediError, type Usage } from '@sedi/spec'
import * as z from 'zod'
import { readRateLimits } from '../chat-completions/read-rate-limits.ts'
import { headersOf } from './ai-sdk-error.ts'

const count = z.int().min(0).optional().catch(undefined)

// Version 2 has counts, later ones groups of them.
const usageSchema = z
  .object({
    inputTokens: z.union([z.object({ total: count, cacheRead: count, cacheWrite: count }), count]),
    outputTokens: z.union([z.object({ total: count, reasoning: count }), count]),
    cachedInputTokens: count,
    reasoningTokens: count,
  })
  .optional()
  .catch(undefined)

const replySchema = z.object({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional().catch(undefined) })),
  finishReason: z.union([z.string(), z.object({ unified: z.string(), raw: z.string().optional() })]),
  usage: usageSchema,
  warnings: z.array(z.looseObject({ type: z.string() })).catch([]),
  response: z
    .object({ modelId: z.string().min(1).optional().catch(undefined), headers: z.unknown(), body: z.unknown() })
    .optional()
    .catch(undefined),
})

type Reply = z.output<typeof replySchema>

// The specification's words, and words of servers that a package passes on as they are.
const finishReasons: ReadonlyMap<string, FinishReason | 'interrupted'> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['end_turn', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['content-filter', 'content-filter'],
  ['content_filter', 'content-filter'],
  ['error', 'interrupted'],
  ['interrupted', 'interrupted'],
  ['abort', 'interrupted'],
  ['insufficient_system_resource', 'interrupted'],
])

/** A model's reply in the port's words. Throws `provider-response` (retryable, possibly charged) when it is not a finished answer. */
export function readReply(reply: unknown, provider: string, modelId: string): GenerateResult {
  const parsed = replySchema.safeParse(reply)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw unusable(provider, `its reply does not have the shape of the AI SDK’s specification (${path.join('.') || 'the whole'}: ${message})`)
  }
  const { content, finishReason, usage, warnings, response } = parsed.data
  const { unified, raw } = typeof finishReason === 'string' ? { unified: finishReason, raw: finishReason } : finishReason
  if (raw === undefined && unified === 'other') throw unusable(provider, 'it does not say that the model has finished')
  const finished = finishReasons.get(unified) ?? finishReasons.get(raw ?? '') ?? 'other'
  if (finished === 'interrupted' || raw === 'unknown') throw unusable(provider, `the answer was broken off (finish reason ${raw ?? unified})`)
  const counted = usageOf(usage)
  const rateLimits = readRateLimits(headersOf(response?.headers))
  const unnamed = response?.modelId === undefined ? ['model: the reply does not name the model that answered'] : []
  return {
    text: content.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join(''),
    finishReason: finished,
    usage: counted.usage,
    modelId: response?.modelId ?? modelId,
    warnings: [...warnings.map(wordsOf), ...counted.warnings, ...unnamed],
    ...(rateLimits === undefined ? {} : { rateLimits }),
    raw: response?.body ?? reply,
  }
}

function usageOf(usage: Reply['usage']): { readonly usage: Usage; readonly warnings: readonly string[] } {
  if (usage === undefined) return { usage: {}, warnings: [] }
  const warnings: string[] = []
  // Packages fill in 0 where a server says nothing, so 0 of a part may be either; of the whole it cannot be true.
  const part = (name: string, tokens: number | undefined, whole: number | undefined): number | undefined => {
    if (tokens === undefined || tokens === 0) return undefined
    if (tokens <= (whole ?? Number.POSITIVE_INFINITY)) return tokens
    warnings.push(`usage: ${tokens} ${name} of ${whole} tokens; counted as unknown`)
    return undefined
  }
  const { inputTokens: input, outputTokens: output } = usage
  const inputTokens = (typeof input === 'object' ? input.total : input) || undefined
  const outputTokens = typeof output === 'object' ? output.total : output
  const counted = {
    inputTokens,
    outputTokens,
    cachedInputTokens: part('cached', typeof input === 'object' ? input.cacheRead : usage.cachedInputTokens, inputTokens),
    cacheWriteInputTokens: part('written to the cache', typeof input === 'object' ? input.cacheWrite : undefined, inputTokens),
    reasoningTokens: part('reasoning', typeof output === 'object' ? output.reasoning : usage.reasoningTokens, outputTokens),
  }
  return { usage: counted, warnings }
}

/** `{ type: 'unsupported', feature, details }`, `{ type: 'unsupported-setting', setting, details }`, `{ type: 'other', message }`. */
function wordsOf(warning: Reply['warnings'][number]): string {
  const { feature, setting, details, message } = warning
  const what = [feature, setting].find((value) => typeof value === 'string')
  const words = [details, message].find((value) => typeof value === 'string') ?? warning.type
  return what === undefined ? String(words) : `${what}: ${words}`
}

function unusable(provider: string, what: string): SediError {
  return new SediError('provider-response', `${provider}: expected an answer, but ${what}. It may have been charged.`, {
    retryable: true,
    details: { charged: 'uncertain' },
  })
}
