import { definePreset } from './preset.ts'

const contextAdvice =
  'Ollama cuts prompts that do not fit its context (4096 tokens unless told otherwise) without a word, and requests cannot change it here: put “PARAMETER num_ctx 16384” into a Modelfile, or start the server with OLLAMA_CONTEXT_LENGTH=16384.'

export default definePreset({
  id: 'ollama',
  title: 'Ollama',
  baseUrl: 'http://127.0.0.1:11434/v1',
  key: { env: 'OLLAMA_API_KEY', required: false },
  maxTokensField: 'max_tokens',
  lacks: { service_tier: 'Ollama has no service tiers' },
  mostStops: Number.POSITIVE_INFINITY,
  structuredOutput: 'json-schema',
  finishReasons: { load: 'interrupted', unload: 'interrupted' },
  rateLimitHeaders: {},
  cutsPrompts: contextAdvice,
  notes: [contextAdvice],
  sources: [
    {
      says: 'fields it reads: max_tokens alone, no n; usage without details; reasoning',
      from: 'github.com/ollama/ollama, openai/openai.go',
      read: '2026-11-21',
    },
    { says: 'num_ctx cannot be set through this interface', from: 'docs.ollama.com, OpenAI compatibility', read: '2026-11-21' },
    { says: 'max_tokens has been ignored by 0.34', from: 'github.com/ollama/ollama/issues/18575', read: '2026-11-21' },
  ],
})
