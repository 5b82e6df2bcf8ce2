import type { FieldRefusal } from '../models.ts'
import { goDuration, secondsRetryAfter } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

const unsupported = ['logprobs', 'top_logprobs', 'logit_bias']

const notSupported =
  (name: string): FieldRefusal =>
  ({ fields }) =>
    fields[name] === undefined ? undefined : { status: 400, message: `property '${name}' is unsupported`, param: name }

export default {
  title: 'Groq',
  source: 'console.groq.com/docs: OpenAI compatibility, rate limits, errors; error body in github.com/Aider-AI/aider issue 3265; read 2026-11-21',
  basePath: '/openai/v1',
  extraFields: [...unsupported, 'reasoning_format', 'include_reasoning', 'compound_custom'],
  refuses: unsupported.map(notSupported),
  // Requests are counted by the day there: their limit is not this server's limit per minute.
  limitHeaders: (state) => ({
    'x-ratelimit-limit-requests': '14400',
    'x-ratelimit-remaining-requests': '14370',
    'x-ratelimit-reset-requests': '2m59.56s',
    ...Object.assign(
      {},
      ...state
        .filter(({ name }) => name === 'tokens')
        .map(({ limit, remaining, resetMs }) => ({
          'x-ratelimit-limit-tokens': String(limit),
          'x-ratelimit-remaining-tokens': String(remaining),
          'x-ratelimit-reset-tokens': goDuration(resetMs),
        })),
    ),
  }),
  retryAfter: secondsRetryAfter,
  error: ({ status, message, type = 'invalid_request_error', param, code }) => ({
    status,
    body: { error: { message: status === 401 ? 'Invalid API Key' : message, type, ...(param ? { param } : {}), ...(code ? { code } : {}) } },
  }),
  completion: (body) => ({ ...body, usage_breakdown: null, service_tier: 'on_demand', x_groq: { id: body.id.replace('chatcmpl', 'req') } }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details }) => ({
    queue_time: 0.01,
    prompt_tokens,
    prompt_time: 0.001,
    completion_tokens,
    completion_time: 0.2,
    total_tokens,
    total_time: 0.201,
    ...(prompt_tokens_details.cached_tokens > 0 ? { prompt_tokens_details } : {}),
  }),
  model: ({ id, contextTokens = 131_072 }) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'Simulated',
    active: true,
    context_window: contextTokens,
    max_completion_tokens: 32_768,
  }),
} satisfies Imitation
