import { describeEmbedderContract } from '@sedi/testing/contracts'
import { describe, expect, it } from 'vitest'
import lexical from './lexical.ts'

const create = (options = {}) => lexical.createEmbedder(lexical.options.parse(options), { credentials: {}, timeoutMs: 1_000 })

describeEmbedderContract({ name: 'lexical', create: () => create() })

describe('lexical', () => {
  it('has as many dimensions as asked for', async () => {
    const { embeddings } = await (await create({ dimensions: 32 })).embed(['a word'])
    expect(embeddings[0]).toHaveLength(32)
  })

  it('gives the zero row for a text without words', async () => {
    const { embeddings } = await (await create()).embed(['', 'a word'])
    expect(embeddings[0]!.every((value) => value === 0)).toBe(true)
  })

  it('puts texts that share words near each other', async () => {
    const { embeddings } = await (await create()).embed(['sort the words', 'sort these words', 'capital of France'])
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, d) => sum + value * b[d]!, 0)
    expect(dot(embeddings[0]!, embeddings[1]!)).toBeGreaterThan(dot(embeddings[0]!, embeddings[2]!))
  })
})
