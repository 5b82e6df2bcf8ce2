import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'LM Studio',
  source: 'lmstudio.ai/docs, OpenAI compatibility, authentication; read 2026-11-21',
  unknownFields: 'ignored',
  mostStops: Number.POSITIVE_INFINITY,
  limitHeaders: noLimitHeaders,
  anyModel: true,
  error: ({ status, message, type = 'invalid_request_error', param = null, code = null }) => ({ status, body: { error: { message, type, param, code } } }),
  // The model that answers, whatever was asked for.
  completion: ({ choices: [{ message, ...choice }], ...body }) => ({
    ...body,
    model: 'simulated-teacher',
    system_fingerprint: 'simulated-teacher',
    choices: [{ ...choice, message: { role: message.role, content: message.content, tool_calls: [] } }],
    stats: {},
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens, completion_tokens_details }) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens,
    completion_tokens_details,
  }),
  model: ({ id }) => ({ id, object: 'model', owned_by: 'organization_owner' }),
} satisfies Imitation
