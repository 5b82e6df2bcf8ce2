import { definePreset } from './preset.ts'

export default definePreset({
  id: 'together',
  title: 'Together AI',
  baseUrl: 'https://api.together.ai/v1',
  key: { env: 'TOGETHER_API_KEY', required: true },
  maxTokensField: 'max_tokens',
  structuredOutput: 'json-schema',
  finishReasons: { eos: 'stop' },
  rateLimitHeaders: {
    requests: { limit: 'x-ratelimit-limit', perMs: 1_000 },
    tokens: { limit: 'x-tokenlimit-limit', perMs: 1_000 },
  },
  retryAfterHeader: 'x-ratelimit-reset',
  sources: [
    { says: '429 above the dynamic rate, 503 below it; x-ratelimit-reset is how long to wait', from: 'docs.together.ai/docs/rate-limits', read: '2026-11-21' },
    { says: 'x-ratelimit-limit and x-tokenlimit-limit per second', from: 'docs.together.ai/docs/rate-limits', read: '2026-11-21' },
    { says: 'finish reason eos', from: 'types of the npm package together-ai 0.52.0', read: '2026-11-21' },
  ],
})
