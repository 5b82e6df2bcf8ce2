import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'Ollama',
  source: 'github.com/ollama/ollama, openai/openai.go; docs.ollama.com, OpenAI compatibility; read 2026-11-21',
  // It reads what its struct names and drops the rest: max_completion_tokens bounds nothing here.
  unknownFields: 'ignored',
  lacksFields: ['max_completion_tokens', 'n', 'service_tier', 'prompt_cache_key', 'store', 'metadata', 'user', 'verbosity', 'safety_identifier'],
  mostStops: Number.POSITIVE_INFINITY,
  promptTokens: 4_096,
  limitHeaders: noLimitHeaders,
  error({ status, message, param = null, code, type = 'invalid_request_error' }) {
    const isModel = code === 'model_not_found'
    const words = isModel ? 'model not found, try pulling it first' : message
    return { status, body: { error: { message: words, type: isModel ? 'not_found_error' : type, param: isModel ? null : param, code: null } } }
  },
  completion: ({ choices: [{ logprobs: _, message, ...choice }], ...body }) => ({
    ...body,
    system_fingerprint: 'fp_ollama',
    choices: [{ ...choice, message: { role: message.role, content: message.content } }],
  }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens }) => ({ prompt_tokens, completion_tokens, total_tokens }),
  model: ({ id }) => ({ id, object: 'model', created: 0, owned_by: 'library' }),
  pages: { '/': { body: 'Ollama is running', free: true }, '/api/version': { body: { version: '0.34.0' }, free: true } },
} satisfies Imitation
