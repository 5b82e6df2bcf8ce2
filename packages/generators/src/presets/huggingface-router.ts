import { definePreset } from './preset.ts'

export default definePreset({
  id: 'huggingface-router',
  title: 'Hugging Face’s router to inference providers; generator.model may end in :provider, :fastest or :cheapest',
  baseUrl: 'https://router.huggingface.co/v1',
  key: { env: 'HF_TOKEN', required: true },
  maxTokensField: 'max_tokens',
  structuredOutput: 'json-schema',
  organizationHeader: 'X-HF-Bill-To',
  rateLimitHeaders: {},
  // `:provider`, `:fastest`, `:cheapest` choose the host.
  models: { keyCheck: null, suffix: /:[^:/]+$/ },
  notes: ['Its list of models is public: a bad token shows with the first call.'],
  sources: [
    { says: 'address, model suffixes, X-HF-Bill-To', from: 'source of the npm package @huggingface/inference 4.13.30', read: '2026-11-21' },
    { says: '402 when the monthly credits are used up', from: 'github.com/huggingface/agents-course/issues/386', read: '2026-11-21' },
  ],
})
