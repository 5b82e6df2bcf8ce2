import type { Field, KeyPath } from './fields.ts'

/** A configuration as far as it is written: only what somebody has set. */
export type Draft = Readonly<Record<string, unknown>>

export const firstDraft: Draft = {
  recipe: 'sedi',
  seeds: 'sedi:general',
  generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
  trainer: { id: 'none' },
  target: { calls: 60 },
  budget: { maxCostUsd: 1 },
  rounds: 2,
}

/** What stands at a key; undefined when nothing does. A bare text where an adapter is expected is its id. */
export function valueAt(draft: unknown, path: KeyPath): unknown {
  let value: unknown = draft
  for (const key of path) {
    if (typeof value === 'string' && key === 'id') return value
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return value
}

/** A draft with another value at a key; undefined takes the key out, and objects that are then empty with it. */
export function withValue(draft: Draft, path: KeyPath, value: unknown): Draft {
  const [key, ...rest] = path as [string, ...string[]]
  const { [key]: before, ...others } = draft
  const next = rest.length === 0 ? value : withValue(asObject(before), rest, value)
  if (next === undefined || (rest.length > 0 && isEmpty(next))) return others
  return { ...draft, [key]: next }
}

function asObject(value: unknown): Draft {
  if (typeof value === 'string') return { id: value }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Draft) : {}
}

const isEmpty = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0

/**
 * What a run’s whole configuration says beyond what follows from its beginning (the keys it must have): every value that differs from `given`,
 * which is what the beginning alone would give.
 */
export function differing(config: Draft, beginning: Draft, given: Draft): Draft {
  const own: Record<string, unknown> = { ...beginning }
  for (const [key, value] of Object.entries(config)) {
    const rest = difference(value, given[key])
    if (rest !== undefined) own[key] = isPlain(rest) && isPlain(own[key]) ? { ...own[key], ...rest } : rest
  }
  return own
}

/** The keys that a configuration must have, and its recipe; of adapters the id, the model and what they must be told. */
export function beginningOf(config: Draft, fields: readonly Field[]): Draft {
  const own: Record<string, unknown> = {}
  for (const field of fields) {
    const value = config[field.name]
    if (value === undefined || (!field.required && field.name !== 'recipe')) continue
    own[field.name] = field.kind === 'adapter' && isPlain(value) ? pick(value, ['id', 'model', ...requiredOf(field, value.id)]) : value
  }
  return own
}

const requiredOf = (field: Field & { readonly kind: 'adapter' }, id: unknown): readonly string[] =>
  field.variants.find((variant) => variant.id === id)?.fields.flatMap(({ name, required }) => (required ? [name] : [])) ?? []

const pick = (value: Draft, keys: readonly string[]): Draft => Object.fromEntries(keys.filter((key) => key in value).map((key) => [key, value[key]]))

function difference(value: unknown, given: unknown): unknown {
  if (isPlain(value) && isPlain(given) && value.id === given.id) {
    const rest = Object.entries(value)
      .map(([key, inner]) => [key, difference(inner, given[key])] as const)
      .filter(([, inner]) => inner !== undefined)
    if (rest.length === 0) return undefined
    return { ...(value.id === undefined ? {} : { id: value.id }), ...Object.fromEntries(rest) }
  }
  return JSON.stringify(value) === JSON.stringify(given) ? undefined : value
}

const isPlain = (value: unknown): value is Draft => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A number where the text is one; otherwise the text as it stands, so that nothing typed is lost and the server says what is wrong with it. */
export function numberIn(text: string): number | string | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : text
}
