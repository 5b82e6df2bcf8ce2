import { secondsRetryAfter } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'Mistral',
  source:
    'docs.mistral.ai/api, chat; 422 bodies in github.com/Vali-98/ChatterUI issue 143 and mistralai/platform-docs-public issue 7; headers in mistralai/client-ts issue 169; read 2026-11-21',
  extraFields: ['safe_prompt', 'prompt_mode', 'prediction', 'parallel_tool_calls'],
  renamedFields: { random_seed: 'seed' },
  lacksFields: [
    'max_completion_tokens',
    'stream_options',
    'service_tier',
    'prompt_cache_key',
    'store',
    'user',
    'verbosity',
    'reasoning_effort',
    'safety_identifier',
  ],
  limitHeaders: (state) =>
    Object.assign(
      {},
      ...state.map(({ name, limit, remaining }) => {
        const unit = name === 'requests' ? 'req' : 'tokens'
        return { [`x-ratelimit-limit-${unit}-minute`]: String(limit), [`x-ratelimit-remaining-${unit}-minute`]: String(remaining) }
      }),
    ),
  retryAfter: secondsRetryAfter,
  error({ status, message, type, param, code = null }) {
    if (code === 'unknown_parameter') {
      const detail = [{ type: 'extra_forbidden', loc: ['body', param], msg: 'Extra inputs are not permitted', input: null }]
      return { status: 422, body: { detail } }
    }
    if (code === 'invalid_value' || code === 'missing_required_parameter') {
      return { status: 422, body: { detail: [{ type: 'value_error', loc: ['body', param], msg: message, input: null }] } }
    }
    if (code === 'model_not_found') {
      return {
        status: 400,
        body: { object: 'error', message: message.replace(/^The model `(.*)` does.*/, 'Invalid model: $1'), type: 'invalid_model', param: null, code: '1500' },
      }
    }
    if (status === 401) return { status, body: { detail: 'Unauthorized' } }
    return { status, body: { object: 'error', message, type, param: param ?? null, code } }
  },
  completion: ({ choices: [{ message, logprobs: _, ...choice }], system_fingerprint: __, ...body }) => ({
    ...body,
    choices: [{ ...choice, message: { role: message.role, tool_calls: null, content: message.content } }],
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens }) => ({ prompt_tokens, total_tokens, completion_tokens }),
  model: ({ id, contextTokens = 131_072, shutdownDate = null }) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'mistralai',
    capabilities: { completion_chat: true, fine_tuning: false },
    max_context_length: contextTokens,
    deprecation: shutdownDate === null ? null : `${shutdownDate}T00:00:00Z`,
  }),
  stream: { usageWithFinish: true, usageUnasked: true },
} satisfies Imitation
