import { definePreset } from './preset.ts'

export default definePreset({
  id: 'lm-studio',
  title: 'LM Studio',
  baseUrl: 'http://127.0.0.1:1234/v1',
  key: { env: 'LM_API_TOKEN', required: false },
  maxTokensField: 'max_tokens',
  structuredOutput: 'json-schema',
  rateLimitHeaders: {},
  notes: ['A model is loaded with its first call, which may take minutes; an unknown name may load another model: compare the model that answered.'],
  sources: [
    { says: 'address, optional token since 0.4.0, LM_API_TOKEN', from: 'lmstudio.ai/docs, Authentication', read: '2026-11-21' },
    { says: 'response_format json_schema as OpenAI’s', from: 'lmstudio.ai/docs, Structured output', read: '2026-11-21' },
  ],
})
