import type { FieldRefusal } from '../models.ts'
import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

const noJsonSchema: FieldRefusal = ({ fields }) =>
  (fields.response_format as { readonly type?: unknown } | undefined)?.type === 'json_schema'
    ? { status: 400, message: 'This response_format type is unavailable now' }
    : undefined

export default {
  title: 'DeepSeek',
  source: 'api-docs.deepseek.com: create chat completion, rate limit, error codes, JSON output; read 2026-11-21',
  basePath: '',
  mostStops: 16,
  unknownFields: 'ignored',
  lacksFields: ['max_completion_tokens', 'seed', 'service_tier', 'prompt_cache_key', 'store', 'metadata', 'verbosity', 'safety_identifier'],
  refuses: [noJsonSchema],
  limitHeaders: noLimitHeaders,
  retryAfter: () => ({}),
  error({ status, message, type = 'invalid_request_error', param = null }) {
    if (status === 401) {
      const words = 'Authentication Fails, Your api key is invalid'
      return { status, body: { error: { message: words, type: 'authentication_error', param: null, code: 'invalid_request_error' } } }
    }
    // Its models are checked with the parameters.
    return {
      status: status === 404 ? 400 : status,
      body: { error: { message: status === 404 ? 'Model Not Exist' : message, type, param, code: 'invalid_request_error' } },
    }
  },
  completion: ({ choices: [{ message, ...choice }], ...body }) => ({
    ...body,
    choices: [{ ...choice, message: { role: message.role, content: message.content } }],
  }),
  usage: (usage, { usage: { inputTokens, cachedTokens = 0 } }) => ({
    ...usage,
    prompt_cache_hit_tokens: cachedTokens,
    prompt_cache_miss_tokens: inputTokens - cachedTokens,
  }),
  model: ({ id }) => ({ id, object: 'model', owned_by: 'deepseek' }),
  stream: { comment: ' keep-alive', usageWithFinish: true, usageUnasked: true },
} satisfies Imitation
