import { definePreset } from './preset.ts'

export default definePreset({
  id: 'groq',
  title: 'Groq',
  baseUrl: 'https://api.groq.com/openai/v1',
  key: { env: 'GROQ_API_KEY', required: true },
  maxTokensField: 'max_completion_tokens',
  structuredOutput: 'json-schema',
  rateLimitHeaders: {
    // x-ratelimit-limit-requests is per day there and says nothing about a minute.
    tokens: { limit: 'x-ratelimit-limit-tokens', remaining: 'x-ratelimit-remaining-tokens', reset: 'x-ratelimit-reset-tokens' },
  },
  notes: ['Limits hold for the whole organisation. Temperature 0 becomes 1e-8.'],
  sources: [
    {
      says: 'refused with 400: logprobs, logit_bias, top_logprobs, messages[].name, n other than 1; temperature 0 becomes 1e-8',
      from: 'console.groq.com/docs/openai',
      read: '2026-11-21',
    },
    {
      says: 'requests per day and tokens per minute in x-ratelimit-*, retry-after only with 429',
      from: 'console.groq.com/docs/rate-limits',
      read: '2026-11-21',
    },
  ],
})
