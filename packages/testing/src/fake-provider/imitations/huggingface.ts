import { noLimitHeaders } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

export default {
  title: 'An endpoint of Hugging Face: chat under /v1, feature extraction at / and at …/pipeline/feature-extraction',
  source: 'source of npm package @huggingface/inference 4.13.30; huggingface.co/docs, Inference Endpoints; read 2026-11-21',
  unknownFields: 'ignored',
  mostStops: Number.POSITIVE_INFINITY,
  anyModel: true,
  limitHeaders: noLimitHeaders,
  headers: { 'x-compute-type': 'cpu', 'x-compute-time': '0.01' },
  error: ({ status, message }) => ({ status, body: status === 401 ? { error: 'Unauthorized' } : { error: message, error_type: 'validation' } }),
  usage: ({ prompt_tokens, completion_tokens, total_tokens }) => ({ prompt_tokens, completion_tokens, total_tokens }),
  pages: { '/health': { body: '', free: true } },
} satisfies Imitation
