import { definePreset } from './preset.ts'

export default definePreset({
  id: 'azure',
  title: 'Azure OpenAI (Microsoft Foundry); generator.model is the deployment’s name',
  baseUrl: undefined,
  baseUrlExample: 'https://<resource>.openai.azure.com/openai/v1',
  key: { env: 'AZURE_OPENAI_API_KEY', required: true, header: 'api-key' },
  maxTokensField: 'max_completion_tokens',
  structuredOutput: 'json-schema',
  promptCacheKey: true,
  models: { lists: false },
  notes: ['The list of models names base models, not deployments: whether the deployment exists shows with the first call.'],
  sources: [
    { says: 'addresses, header api-key, model = deployment', from: 'learn.microsoft.com, Azure OpenAI REST reference', read: '2026-11-21' },
    { says: 'a filtered prompt is a 400 with code content_filter', from: 'learn.microsoft.com, content filtering', read: '2026-11-21' },
    { says: 'resets are plain seconds; -1 and 0 have been seen as limits', from: 'learn.microsoft.com/answers/questions/5625878', read: '2026-11-21' },
  ],
})
