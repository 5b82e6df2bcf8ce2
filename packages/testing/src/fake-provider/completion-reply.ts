import { randomUUID } from 'node:crypto'
import type { ChatRequest } from './chat-request.ts'
import type { Completion } from './completion.ts'
import type { Imitation } from './imitations/imitation.ts'
import { jsonReply, type Reply } from './reply.ts'

/** Usage as OpenAI reports it. */
export type UsageBody = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
  readonly completion_tokens_details: { readonly reasoning_tokens: number }
}

/** A completion as OpenAI sends it. */
export type CompletionBody = {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly model: string
  readonly system_fingerprint: string
  readonly choices: readonly [Choice]
  readonly usage: unknown
}

type Choice = {
  readonly index: number
  readonly message: { readonly role: 'assistant'; readonly content: string; readonly refusal: null }
  readonly logprobs: null
  readonly finish_reason: string
}

/** What every reply of one request shares. */
export function replyHead({ model }: ChatRequest) {
  return { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model, system_fingerprint: 'fp_simulated' }
}

/** A completion in the shape of `POST /v1/chat/completions`, before the imitation's changes. */
export function completionBody(request: ChatRequest, completion: Completion, imitation: Imitation): CompletionBody {
  const { text, finishReason } = completion
  const { id, ...head } = replyHead(request)
  const message = { role: 'assistant', content: text, refusal: null } as const
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }] as const
  return { id, object: 'chat.completion', ...head, choices, usage: usageBody(completion, imitation) }
}

export function usageBody(completion: Completion, imitation: Imitation): unknown {
  const { inputTokens, outputTokens, reasoningTokens = 0, cachedTokens = 0 } = completion.usage
  const usage: UsageBody = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    completion_tokens_details: { reasoning_tokens: reasoningTokens },
  }
  return imitation.usage?.(usage, completion) ?? usage
}

/** A completion in one piece, as the imitation sends it. */
export function completionReply(request: ChatRequest, completion: Completion, imitation: Imitation): Reply {
  const body = completionBody(request, completion, imitation)
  return jsonReply(200, imitation.completion?.(body, { request, completion }) ?? body)
}
