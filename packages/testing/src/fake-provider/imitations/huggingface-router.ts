import { noLimitHeaders, secondsRetryAfter } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'Hugging Face router to inference providers',
  source: 'source of npm package @huggingface/inference 4.13.30; huggingface.co/docs, Inference Providers; read 2026-11-21',
  unknownFields: 'ignored',
  modelSuffix: /:[^:/]+$/,
  limitHeaders: noLimitHeaders,
  retryAfter: secondsRetryAfter,
  headers: { 'x-inference-provider': 'simulated' },
  error({ status, message, type = 'invalid_request_error', param = null, code = null }) {
    if (status === 401) return { status, body: { error: 'Invalid username or password.' } }
    if (code === 'model_not_found') {
      const words = message.replace(/^The model `(.*)` does.*/, "The requested model '$1' does not exist")
      return { status: 400, body: { error: { message: words, type, param: 'model', code } } }
    }
    return { status, body: { error: { message, type, param, code } } }
  },
  publicModels: true,
  model: ({ id, contextTokens = 131_072 }) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'simulated',
    providers: [{ provider: 'simulated', status: 'live', context_length: contextTokens, supports_structured_output: true }],
  }),
} satisfies Imitation
