import { priceSchema } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { listPriceOf } from './list-price.ts'
import { openaiBatchPrices, openaiEmbeddingPrices, openaiPrices } from './openai.ts'

describe('price lists', () => {
  it.each([
    ['openai', openaiPrices],
    ['openai batch', openaiBatchPrices],
    ['openai embeddings', openaiEmbeddingPrices],
  ])('%s: every figure has a source and a day, and is a price a configuration takes', (_, list) => {
    for (const price of Object.values(list.models)) {
      expect(priceSchema.parse(price)).toEqual(price)
      expect(price.source).not.toBe('')
      expect(Date.parse(price.asOf)).toBeLessThanOrEqual(Date.now())
      expect(price.cachedInputPerMTokUsd).toBeLessThanOrEqual(price.inputPerMTokUsd)
    }
  })

  it('know a dated snapshot by its model, and nothing that only looks alike', () => {
    expect(listPriceOf(openaiPrices, 'gpt-5-mini-2025-08-07')).toMatchObject({ inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 })
    for (const id of ['gpt-5-mini-fast', 'gpt-5', 'gpt-5.4-nano', 'ft:gpt-4.1-mini:acme', 'toString', '']) expect(listPriceOf(openaiPrices, id)).toBeUndefined()
  })

  it('halve in a batch, input, cached input and output alike', () => {
    expect(listPriceOf(openaiBatchPrices, 'gpt-5-mini')).toMatchObject({ inputPerMTokUsd: 0.125, cachedInputPerMTokUsd: 0.0125, outputPerMTokUsd: 1 })
  })
})
