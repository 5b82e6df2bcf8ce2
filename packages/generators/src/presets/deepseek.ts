import { definePreset } from './preset.ts'

export default definePreset({
  id: 'deepseek',
  title: 'DeepSeek',
  baseUrl: 'https://api.deepseek.com',
  key: { env: 'DEEPSEEK_API_KEY', required: true },
  maxTokensField: 'max_tokens',
  lacks: { seed: 'DeepSeek documents no seed', service_tier: 'DeepSeek has no service tiers' },
  mostStops: 16,
  // It has a JSON mode without a schema, which needs the word “json” in the prompt and may answer with nothing.
  structuredOutput: 'none',
  finishReasons: { insufficient_system_resource: 'interrupted' },
  rateLimitHeaders: {},
  notes: ['Under load it holds the connection open and sends blank lines, for up to 10 minutes before it begins: keep generator.timeoutMs above 600000.'],
  sources: [
    { says: 'fields, up to 16 stops, finish reasons, prompt_cache_hit_tokens', from: 'api-docs.deepseek.com/api/create-chat-completion', read: '2026-11-21' },
    {
      says: 'limits on calls in flight, 429 above them; blank lines and comments while waiting',
      from: 'api-docs.deepseek.com/quick_start/rate_limit',
      read: '2026-11-21',
    },
    { says: '402 insufficient balance, 422 invalid parameters', from: 'api-docs.deepseek.com/quick_start/error_codes', read: '2026-11-21' },
  ],
})
