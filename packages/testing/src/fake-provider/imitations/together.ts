import { secondsRetryAfter } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'Together AI',
  source: 'docs.together.ai, rate limits and OpenAI compatibility; types of npm package together-ai 0.52.0; read 2026-11-21',
  extraFields: ['top_k', 'repetition_penalty', 'min_p', 'safety_model', 'echo', 'context_length_exceeded_behavior'],
  unknownFields: 'ignored',
  mostStops: Number.POSITIVE_INFINITY,
  // Per second, and named otherwise.
  limitHeaders: (state) =>
    Object.assign(
      {},
      ...state.map(({ name, limit, remaining, resetMs }) => {
        const stem = name === 'requests' ? 'x-ratelimit' : 'x-tokenlimit'
        return { [`${stem}-limit`]: String(limit / 60), [`${stem}-remaining`]: String(remaining), 'x-ratelimit-reset': String(Math.ceil(resetMs / 1_000)) }
      }),
    ),
  retryAfter: secondsRetryAfter,
  error: ({ status, message, type = 'invalid_request_error', param = null, code = null }) => ({
    status,
    body: { id: 'simulated', error: { message, type, param, code } },
  }),
  completion: ({ choices: [choice], ...body }) => ({
    ...body,
    prompt: [],
    choices: [
      { ...choice, seed: 0, finish_reason: choice.finish_reason === 'stop' ? 'eos' : choice.finish_reason, message: { ...choice.message, tool_calls: [] } },
    ],
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details }) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens,
    cached_tokens: prompt_tokens_details.cached_tokens,
  }),
  model: ({ id, contextTokens = 131_072 }) => ({ id, object: 'model', created: 0, type: 'chat', organization: 'Simulated', context_length: contextTokens }),
  // A bare list.
  modelList: (data) => data,
  stream: { usageWithFinish: true, usageUnasked: true },
} satisfies Imitation
