import type { TopLevelSpec } from 'vega-lite'

/** One layer of a layered plot, and what it encodes: names for types that Vega-Lite has but does not export. */
export type Layer = Extract<Extract<TopLevelSpec, { readonly layer: unknown }>['layer'][number], { readonly mark: unknown }>

export type Encoding = NonNullable<Layer['encoding']>
