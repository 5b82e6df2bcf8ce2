import type { Imitation } from './imitation.ts'

export default {
  title: 'OpenAI',
  source: 'OpenAI API reference, Chat Completions, Embeddings, Models, Moderations; types of the npm package openai 7.55.0',
} satisfies Imitation
