import type { Price } from '@sedi/spec'

/** Where a figure was read, and when: a price list changes without telling anybody. */
export type ListPrice = Price & {
  readonly source: string
  /** Day on which the source gave it, `2026-06-01`. */
  readonly asOf: string
}

/** The prices of one seller. To add a model, add a line; what is not in it is unknown. */
export type PriceList = {
  /** Where the seller itself publishes them; named in messages so that people can look. */
  readonly page: string
  readonly models: Readonly<Record<string, ListPrice>>
}

/**
 * The price of a model, or of a dated snapshot of it (`gpt-5-mini-2025-08-07`, which sells at the same price); undefined when the list
 * does not have it. Never the price of a similar name.
 */
export function listPriceOf(list: PriceList, modelId: string): ListPrice | undefined {
  const entry = (id: string): ListPrice | undefined => (Object.hasOwn(list.models, id) ? list.models[id] : undefined)
  return entry(modelId) ?? entry(modelId.replace(/-\d{4}-\d{2}-\d{2}$/, ''))
}

/** The same list at a fraction of every price; with what it is in the source. */
export function discounted(list: PriceList, factor: number, why: string): PriceList {
  const times = (usd: number | undefined): number | undefined => (usd === undefined ? undefined : usd * factor)
  const models = Object.entries(list.models).map(([id, price]): [string, ListPrice] => [
    id,
    {
      ...price,
      inputPerMTokUsd: price.inputPerMTokUsd * factor,
      outputPerMTokUsd: price.outputPerMTokUsd * factor,
      cachedInputPerMTokUsd: times(price.cachedInputPerMTokUsd),
      cacheWritePerMTokUsd: times(price.cacheWritePerMTokUsd),
      source: `${price.source}; ${why}`,
    },
  ])
  return { ...list, models: Object.fromEntries(models) }
}
