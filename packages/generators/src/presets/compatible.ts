import { definePreset } from './preset.ts'

export default definePreset({
  id: 'compatible',
  title: 'Any other server that speaks OpenAI’s protocol; used when generator.baseUrl is set and no preset is',
  baseUrl: undefined,
  baseUrlExample: 'http://127.0.0.1:8000/v1',
  key: { env: 'OPENAI_API_KEY', required: false },
  // The older name: a server that knows only the other one refuses it and that is learned, while servers that know only this one
  // (Ollama) ignore the other and write without end.
  maxTokensField: 'max_tokens',
  structuredOutput: 'json-schema',
  organizationHeader: 'OpenAI-Organization',
  sources: [
    { says: 'max_completion_tokens is ignored where only max_tokens is known', from: 'github.com/ollama/ollama, openai/openai.go', read: '2026-11-21' },
  ],
})
