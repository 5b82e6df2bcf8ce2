import { openaiPrices } from '../prices/openai.ts'
import { definePreset } from './preset.ts'

export default definePreset({
  id: 'openai',
  title: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  key: { env: 'OPENAI_API_KEY', required: true },
  maxTokensField: 'max_completion_tokens',
  structuredOutput: 'json-schema',
  organizationHeader: 'OpenAI-Organization',
  promptCacheKey: true,
  prices: openaiPrices,
  wellKnownModels: ['gpt-5-mini', 'gpt-4.1-mini', 'gpt-4o-mini'],
  sources: [
    { says: 'fields, at most 4 stops, usage, finish reasons', from: 'types of the npm package openai 7.55.0, resources/chat/completions', read: '2026-11-21' },
    { says: 'x-ratelimit-* per minute, resets as durations such as 6m0s', from: 'developers.openai.com, guide “Rate limits”', read: '2026-11-21' },
    { says: 'prompt_cache_key', from: 'types of the npm package openai 7.55.0; guide “Prompt caching”', read: '2026-11-21' },
    { says: 'shutdown_date in the list of models', from: 'types of the npm package openai 7.55.0, resources/models', read: '2026-11-21' },
  ],
})
