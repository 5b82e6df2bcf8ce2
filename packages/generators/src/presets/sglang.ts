import { definePreset } from './preset.ts'

export default definePreset({
  id: 'sglang',
  title: 'SGLang',
  baseUrl: 'http://127.0.0.1:30000/v1',
  key: { env: 'SGLANG_API_KEY', required: false },
  maxTokensField: 'max_tokens',
  mostStops: Number.POSITIVE_INFINITY,
  structuredOutput: 'json-schema',
  finishReasons: { abort: 'interrupted' },
  rateLimitHeaders: {},
  sources: [{ says: 'address, optional key, request fields, json_schema', from: 'docs.sglang.io, OpenAI APIs - Completions', read: '2026-11-21' }],
})
