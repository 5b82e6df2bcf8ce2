import { randomUUID } from 'node:crypto'
import { jsonReply, type Reply } from './reply.ts'

/** What the teacher said and what it costs. */
export type Completion = {
  readonly text: string
  readonly finishReason: 'stop' | 'length'
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number; readonly reasoningTokens?: number | undefined }
}

/** A completion in the shape of `POST /v1/chat/completions`. */
export function completionReply(model: string, { text, finishReason, usage }: Completion): Reply {
  return jsonReply(200, {
    id: `chatcmpl-${randomUUID()}`,
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: finishReason }],
    usage: {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    },
  })
}
