import { noLimitHeaders, secondsRetryAfter } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

// Made up, so that `usage.cost` follows from the counts: USD per million tokens.
const inputPrice = 0.25
const outputPrice = 2

export default {
  title: 'OpenRouter',
  source: 'openrouter.ai/docs: errors and debugging, streaming, usage accounting, API reference; read 2026-11-21',
  basePath: '/api/v1',
  extraFields: ['provider', 'models', 'route', 'transforms', 'plugins', 'usage', 'reasoning', 'top_k', 'min_p', 'repetition_penalty'],
  unknownFields: 'ignored',
  limitHeaders: noLimitHeaders,
  retryAfter: secondsRetryAfter,
  error({ status, message, code }) {
    if (status === 401) return { status, body: { error: { message: 'User not found.', code: 401 } } }
    // A model that nobody has is a bad request there.
    if (code === 'model_not_found') return { status: 400, body: { error: { message: `${message.split('`')[1]} is not a valid model ID`, code: 400 } } }
    return { status, body: { error: { message, code: status, metadata: { provider_name: 'Simulated' } }, user_id: 'user_simulated' } }
  },
  completion: ({ id, choices: [choice], ...body }) => ({
    id: id.replace('chatcmpl', 'gen'),
    provider: 'Simulated',
    ...body,
    choices: [{ ...choice, native_finish_reason: choice.finish_reason, message: { ...choice.message, reasoning: null } }],
  }),
  usage: (usage, { usage: { inputTokens, outputTokens } }) => ({
    ...usage,
    cost: (inputTokens * inputPrice + outputTokens * outputPrice) / 1e6,
    is_byok: false,
    cost_details: { upstream_inference_cost: null },
  }),
  publicModels: true,
  model: ({ id, contextTokens = 131_072 }) => ({
    id,
    canonical_slug: id,
    name: id,
    created: 0,
    context_length: contextTokens,
    pricing: { prompt: String(inputPrice / 1e6), completion: String(outputPrice / 1e6) },
    supported_parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'seed', 'response_format', 'structured_outputs'],
  }),
  modelList: (data) => ({ data }),
  pages: { '/api/v1/key': { body: { data: { label: 'simulated', usage: 0, limit: null, limit_remaining: null, is_free_tier: false } } } },
  stream: { comment: ' OPENROUTER PROCESSING', usageUnasked: true },
} satisfies Imitation
