import type { RunConfig } from '@sedi/spec'
import { expect, it } from 'vitest'
import { priceNote, withListPrice } from './with-list-price.ts'

const config = (generator: object, change: object = {}): RunConfig =>
  ({ generator: { id: 'openai', ...generator }, embedder: { id: 'lexical' }, filter: {}, ...change }) as unknown as RunConfig

it('fills in the price of a model on the list, and says where it is from and when that is long ago', () => {
  const priced = withListPrice(config({ model: 'gpt-5-mini' }))
  expect(priced.generator.price).toMatchObject({ inputPerMTokUsd: 0.25, outputPerMTokUsd: 2, asOf: '2026-06-01' })
  expect(priceNote(priced, Date.parse('2026-06-11'))).toMatch(
    /^The price is \$0\.25 in and \$2 out per million tokens as of 2026-06-01 \(.*\)\. If your bill says otherwise, set generator\.price\.$/,
  )
  expect(priceNote(priced, Date.parse('2027-01-01'))).toMatch(/as of 2026-06-01, 214 days ago/)
})

it('leaves a price that was set, a server of one’s own and an unknown model as they are', () => {
  const own = { inputPerMTokUsd: 1, outputPerMTokUsd: 1 }
  expect(withListPrice(config({ model: 'gpt-5-mini', price: own })).generator.price).toEqual(own)
  expect(priceNote(config({ price: own }))).toBeUndefined()
  expect(withListPrice(config({ model: 'gpt-5-mini', baseUrl: 'http://127.0.0.1:8000/v1' })).generator.price).toBeUndefined()
  expect(withListPrice(config({ model: 'gpt-99' })).generator.price).toBeUndefined()
  expect(withListPrice(config({})).generator.price).toBeUndefined()
})

it('does the same for embedders, also for that of the filter', () => {
  const embedder = { id: 'openai', model: 'text-embedding-3-small' }
  const { embedder: priced, filter } = withListPrice(config({}, { embedder, filter: { semantic: { threshold: 0.9, embedder } } }))
  expect(priced.price).toMatchObject({ inputPerMTokUsd: 0.02, asOf: '2026-06-21' })
  expect(filter.semantic?.embedder.price).toEqual(priced.price)
  const own = { ...embedder, baseUrl: 'http://127.0.0.1:8000/v1' }
  expect(withListPrice(config({}, { embedder: own })).embedder).toEqual(own)
})

it('knows that a replay buys nothing, unless it is to count what it cost then', () => {
  expect(withListPrice(config({ id: 'replay', run: 'x', charge: 'none' })).generator.price).toMatchObject({ inputPerMTokUsd: 0, outputPerMTokUsd: 0 })
  expect(withListPrice(config({ id: 'replay', run: 'x', charge: 'recorded' })).generator.price).toBeUndefined()
})
