import { definePreset } from './preset.ts'

export default definePreset({
  id: 'llama-cpp',
  title: 'llama.cpp (llama-server)',
  baseUrl: 'http://127.0.0.1:8080/v1',
  key: { env: 'LLAMA_API_KEY', required: false },
  maxTokensField: 'max_tokens',
  mostStops: Number.POSITIVE_INFINITY,
  // The form all its versions take; OpenAI's nesting came later.
  structuredOutput: 'json-object-schema',
  rateLimitHeaders: {},
  loadingMs: 10_000,
  sources: [
    {
      says: 'response_format { type: json_object, schema }, optional key, usage with cached_tokens, SSE comments',
      from: 'github.com/ggml-org/llama.cpp, tools/server/README.md',
      read: '2026-11-21',
    },
    {
      says: '503 unavailable_error “Loading model” until the model is loaded',
      from: 'github.com/ggml-org/llama.cpp, tools/server/README.md',
      read: '2026-11-21',
    },
  ],
})
