import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'SGLang',
  source: 'docs.sglang.io, OpenAI APIs; python/sglang/srt/entrypoints/openai/protocol.py; read 2026-11-21',
  unknownFields: 'ignored',
  mostStops: Number.POSITIVE_INFINITY,
  limitHeaders: noLimitHeaders,
  error({ status, message, type = 'BadRequestError', param = null }) {
    if (status === 401) return { status, body: { error: 'Unauthorized' } }
    return { status, body: { object: 'error', message, type, param, code: status } }
  },
  completion: ({ choices: [choice], ...body }) => ({
    ...body,
    choices: [
      { ...choice, matched_stop: choice.finish_reason === 'stop' ? 151645 : null, message: { ...choice.message, reasoning_content: null, tool_calls: null } },
    ],
    metadata: { weight_version: 'default' },
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens, completion_tokens_details }) => ({
    prompt_tokens,
    completion_tokens,
    total_tokens,
    prompt_tokens_details: null,
    reasoning_tokens: completion_tokens_details.reasoning_tokens,
  }),
  model: ({ id, contextTokens = 32_768 }) => ({ id, object: 'model', created: 0, owned_by: 'sglang', root: id, parent: null, max_model_len: contextTokens }),
  pages: { '/health': { body: '', free: true } },
} satisfies Imitation
