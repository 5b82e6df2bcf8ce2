import { type EmbedderDefinition, embedders, type ProviderDefinition, providers } from '@sedi/generators'
import type { RunConfig } from '@sedi/spec'

/**
 * Fills in what the model costs from the seller's list where the configuration does not say it. The figures become part of the
 * configuration that the run records, so a later change of the list changes no run that has begun.
 */
export function withListPrice(config: RunConfig): RunConfig {
  const priced = { ...withTeacherPrice(config), embedder: withEmbedderPrice(config.embedder) }
  const { semantic } = config.filter
  return semantic === undefined
    ? priced
    : { ...priced, filter: { ...config.filter, semantic: { ...semantic, embedder: withEmbedderPrice(semantic.embedder) } } }
}

function withEmbedderPrice(config: RunConfig['embedder']): RunConfig['embedder'] {
  const definition = embedders[config.id as keyof typeof embedders] as unknown as EmbedderDefinition
  const listed = config.price === undefined ? definition.listPrice?.(config) : undefined
  if (listed === undefined) return config
  const { inputPerMTokUsd, source, asOf } = listed
  return { ...config, price: { inputPerMTokUsd, source, asOf } }
}

function withTeacherPrice(config: RunConfig): RunConfig {
  const { generator } = config
  const provider = providers[generator.id as keyof typeof providers] as unknown as ProviderDefinition
  if (generator.price !== undefined) return config
  const price = provider.listPrice?.(generator.model ?? provider.id, generator)
  return price === undefined ? config : { ...config, generator: { ...generator, price } }
}

const dayMs = 86_400_000
/** Prices older than this are named as old. */
const staleDays = 120

/** Where the price comes from when it was not written by hand, and whether that is long ago. */
export function priceNote({ generator: { price } }: RunConfig, now = Date.now()): string | undefined {
  if (price?.source === undefined) return undefined
  const figures = `$${price.inputPerMTokUsd} in and $${price.outputPerMTokUsd} out per million tokens`
  const days = price.asOf === undefined ? undefined : Math.floor((now - Date.parse(price.asOf)) / dayMs)
  const age = days === undefined ? '' : ` as of ${price.asOf}${days > staleDays ? `, ${days} days ago` : ''}`
  return `The price is ${figures}${age} (${price.source}). If your bill says otherwise, set generator.price.`
}
