import { definePreset } from './preset.ts'

export default definePreset({
  id: 'vllm',
  title: 'vLLM',
  baseUrl: 'http://127.0.0.1:8000/v1',
  key: { env: 'VLLM_API_KEY', required: false },
  maxTokensField: 'max_tokens',
  mostStops: Number.POSITIVE_INFINITY,
  structuredOutput: 'json-schema',
  finishReasons: { abort: 'interrupted' },
  rateLimitHeaders: {},
  sources: [
    {
      says: 'request fields, response_format json_schema, errors as { object: "error", message } or { error }',
      from: 'docs.vllm.ai, OpenAI-compatible server',
      read: '2026-11-21',
    },
    { says: 'max_model_len in the list of models', from: 'github.com/vllm-project/vllm, entrypoints/openai/protocol.py (ModelCard)', read: '2026-11-21' },
  ],
})
