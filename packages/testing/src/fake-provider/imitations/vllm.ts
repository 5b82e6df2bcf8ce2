import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

const errorTypes: Readonly<Record<number, string>> = { 400: 'BadRequestError', 401: 'AuthenticationError', 404: 'NotFoundError', 429: 'RateLimitError' }

export default {
  title: 'vLLM',
  source: 'docs.vllm.ai, OpenAI-compatible server; vllm/entrypoints/openai/protocol.py; read 2026-11-21',
  unknownFields: 'ignored',
  mostStops: Number.POSITIVE_INFINITY,
  limitHeaders: noLimitHeaders,
  // The number of the status is the code; a bad key gets no envelope at all.
  error({ status, message, param = null }) {
    if (status === 401) return { status, body: { error: 'Unauthorized' } }
    return { status, body: { error: { message, type: errorTypes[status] ?? 'InternalServerError', param, code: status } } }
  },
  completion: ({ choices: [choice], ...body }) => ({
    ...body,
    service_tier: null,
    choices: [{ ...choice, stop_reason: null, token_ids: null, message: { ...choice.message, reasoning: null, annotations: null, tool_calls: [] } }],
    prompt_logprobs: null,
    kv_transfer_params: null,
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details: { cached_tokens } }) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens,
    prompt_tokens_details: cached_tokens === 0 ? null : { cached_tokens },
  }),
  model: ({ id, contextTokens = 32_768 }) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'vllm',
    root: id,
    parent: null,
    max_model_len: contextTokens,
    permission: [],
  }),
  pages: { '/health': { body: {}, free: true }, '/version': { body: { version: '0.13.0' }, free: true } },
} satisfies Imitation
