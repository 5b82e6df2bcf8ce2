import { definePreset } from './preset.ts'

export default definePreset({
  id: 'mistral',
  title: 'Mistral',
  baseUrl: 'https://api.mistral.ai/v1',
  key: { env: 'MISTRAL_API_KEY', required: true },
  maxTokensField: 'max_tokens',
  names: { seed: 'random_seed' },
  // Unknown fields are refused there, so nothing that helps elsewhere is tried. A stream ends with usage unasked.
  lacks: { stream_options: 'Mistral sends usage unasked', service_tier: 'Mistral has no service tiers' },
  structuredOutput: 'json-schema',
  finishReasons: { model_length: 'length', error: 'interrupted' },
  rateLimitHeaders: {
    requests: { limit: 'x-ratelimit-limit-req-minute', remaining: 'x-ratelimit-remaining-req-minute' },
    tokens: { limit: 'x-ratelimit-limit-tokens-minute', remaining: 'x-ratelimit-remaining-tokens-minute' },
  },
  sources: [
    { says: 'random_seed, max_tokens, finish reasons model_length and error', from: 'docs.mistral.ai/api, Chat', read: '2026-11-21' },
    {
      says: '422 extra_forbidden for seed and other unknown fields',
      from: 'error bodies in github.com/Vali-98/ChatterUI/issues/143 and mistralai/platform-docs-public/issues/7',
      read: '2026-11-21',
    },
    { says: 'x-ratelimit-*-req-minute and -tokens-minute', from: 'github.com/mistralai/client-ts/issues/169', read: '2026-11-21' },
    { says: 'temperature above 1.5 is a 422; json_schema serves on every model', from: 'github.com/mnfst/modelparams.dev/pull/205', read: '2026-11-21' },
  ],
})
