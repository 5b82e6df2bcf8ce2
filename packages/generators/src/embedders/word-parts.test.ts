import { describeEmbedderContract } from '@sedi/testing/contracts'
import { describe, expect, it } from 'vitest'
import wordParts from './word-parts.ts'

const create = (options = {}) => wordParts.createEmbedder(wordParts.options.parse(options), { credentials: {}, timeoutMs: 1_000 })

describeEmbedderContract({ name: 'word-parts', create: () => create() })

describe('word-parts', () => {
  it('gives a text the same row whatever it is embedded with', async () => {
    const embedder = await create({ dimensions: 64 })
    const [alone] = (await embedder.embed(['Sort these words.'])).embeddings
    expect(alone).toHaveLength(64)
    expect((await embedder.embed(['Something else', 'Sort these words.'])).embeddings[1]).toEqual(alone)
  })
})
