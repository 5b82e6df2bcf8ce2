import type { GenerateRequest } from '@sedi/spec'
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'

export type MaxTokensField = 'max_completion_tokens' | 'max_tokens'

const mostStops = 4

/** The body of `POST /chat/completions`; a warning for each setting that could not be sent as it was asked. */
export function chatCompletionBody(
  modelId: string,
  request: GenerateRequest,
  maxTokensField: MaxTokensField,
): { readonly body: ChatCompletionCreateParamsNonStreaming; readonly warnings: readonly string[] } {
  const stops = request.stop ?? []
  const body: ChatCompletionCreateParamsNonStreaming = {
    model: modelId,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    [maxTokensField]: request.maxOutputTokens,
  }
  if (request.temperature !== undefined) body.temperature = request.temperature
  if (request.topP !== undefined) body.top_p = request.topP
  if (request.seed !== undefined) body.seed = request.seed
  if (stops.length > 0) body.stop = stops.slice(0, mostStops)
  const warnings = stops.length > mostStops ? [`stop: ${stops.length} sequences asked for, the first ${mostStops} sent (Chat Completions takes no more)`] : []
  return { body, warnings }
}
