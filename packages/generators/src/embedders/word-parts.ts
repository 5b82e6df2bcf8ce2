import { wordPartEmbedding } from '@sedi/core'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineEmbedder } from '../define-embedder.ts'

const options = z.strictObject({
  dimensions: z.int().min(1).max(65_536).default(512).meta({ description: 'Length of each vector. More dimensions, fewer parts of words that share one.' }),
})

/** Words and parts of words, hashed: no key, no download, the same vector for the same text everywhere. Sees order, inflection and spelling through, not synonyms. */
export default defineEmbedder({
  id: 'word-parts',
  title: 'Hashed words and parts of words of each text by itself; needs nothing',
  options,
  credentials: [],
  dependencies: {},
  createEmbedder: async ({ dimensions }) => ({
    specVersion: 1,
    provider: 'word-parts',
    modelId: `word-parts-${dimensions}`,
    maxBatchSize: Number.POSITIVE_INFINITY,
    async embed(texts, { signal } = {}) {
      if (signal?.aborted) throw new SediError('aborted', 'word-parts: the call was aborted', { details: { charged: 'none' } })
      return { embeddings: texts.map((text) => wordPartEmbedding(text, dimensions)), usage: {} }
    },
  }),
})
