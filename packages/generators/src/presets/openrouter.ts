import { definePreset } from './preset.ts'

export default definePreset({
  id: 'openrouter',
  title: 'OpenRouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  key: { env: 'OPENROUTER_API_KEY', required: true },
  maxTokensField: 'max_tokens',
  structuredOutput: 'json-schema',
  // Without it a host that ignores a setting may answer. Where no host takes all settings, the refusal is learned and this is dropped.
  body: { provider: { require_parameters: true } },
  finishReasons: { error: 'interrupted' },
  rateLimitHeaders: {},
  costInUsage: true,
  models: { keyCheck: '/key' },
  notes: ['Hosts differ in price, and a schema may be ignored by some: the prices of generator.price should be those of the dearest host that may answer.'],
  sources: [
    {
      says: 'errors with status 200, 402 with Retry-After only for the in-flight budget, 403 for moderation',
      from: 'openrouter.ai/docs, Errors and debugging',
      read: '2026-11-21',
    },
    { says: 'usage.cost in USD; of a key of one’s own (is_byok) only the fee', from: 'openrouter.ai/docs, Usage accounting', read: '2026-11-21' },
    { says: 'provider.require_parameters; 404 “No endpoints found …” when nobody fits', from: 'openrouter.ai/docs, Provider routing', read: '2026-11-21' },
    { says: 'supported_parameters and context_length in the public list of models; GET /key', from: 'openrouter.ai/docs, API reference', read: '2026-11-21' },
  ],
})
