import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

const errorTypes: Readonly<Record<number, string>> = { 401: 'authentication_error', 404: 'not_found_error', 503: 'unavailable_error' }

export default {
  title: 'llama.cpp (llama-server)',
  source: 'github.com/ggml-org/llama.cpp, tools/server/README.md; read 2026-11-21',
  unknownFields: 'ignored',
  mostStops: Number.POSITIVE_INFINITY,
  limitHeaders: noLimitHeaders,
  // One model is loaded, whatever it is called.
  anyModel: true,
  error({ status, message, type = 'invalid_request_error', code }) {
    const isContext = code === 'context_length_exceeded'
    const words = status === 401 ? 'Invalid API Key' : isContext ? 'the request exceeds the available context size, try increasing it' : message
    return { status, body: { error: { code: status, message: words, type: isContext ? 'exceed_context_size_error' : (errorTypes[status] ?? type) } } }
  },
  completion: ({ choices: [{ logprobs: _, message, ...choice }], ...body }, { completion: { usage } }) => ({
    ...body,
    choices: [{ ...choice, message: { role: message.role, content: message.content } }],
    timings: {
      cache_n: usage.cachedTokens ?? 0,
      prompt_n: usage.inputTokens - (usage.cachedTokens ?? 0),
      prompt_ms: 1.5,
      predicted_n: usage.outputTokens,
      predicted_ms: 10,
      predicted_per_second: 100,
    },
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details }) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens,
    prompt_tokens_details,
  }),
  model: ({ id, contextTokens = 8_192 }) => ({ id, object: 'model', created: 0, owned_by: 'llamacpp', meta: { n_ctx_train: contextTokens } }),
  modelList: (data) => ({ object: 'list', models: data, data }),
  pages: { '/health': { body: { status: 'ok' }, free: true } },
  stream: { comment: '' },
} satisfies Imitation
