import { lexicalEmbeddings } from '@sedi/core'
import { SediError } from '@sedi/spec'
import * as z from 'zod'
import { defineEmbedder } from '../define-embedder.ts'

const options = z.strictObject({
  dimensions: z.int().min(1).max(65_536).default(256).meta({ description: 'Length of each vector. More dimensions, fewer words that share one.' }),
})

/**
 * Word statistics of the texts at hand instead of a model: no key, no download, the same vectors everywhere. Words are weighted over the
 * texts of one call, so vectors of different calls do not compare.
 */
export default defineEmbedder({
  id: 'lexical',
  title: 'Hashed TF-IDF over words; needs nothing',
  options,
  credentials: [],
  dependencies: {},
  createEmbedder: async ({ dimensions }) => ({
    specVersion: 1,
    provider: 'lexical',
    modelId: `hashed-tf-idf-${dimensions}`,
    maxBatchSize: Number.POSITIVE_INFINITY,
    rowsDependOn: 'call',
    async embed(texts, { signal } = {}) {
      if (signal?.aborted) throw new SediError('aborted', 'lexical: the call was aborted', { details: { charged: 'none' } })
      return { embeddings: lexicalEmbeddings(texts, { dimensions }), usage: {} }
    },
  }),
})
