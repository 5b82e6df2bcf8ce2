// What a form needs to know about a configuration’s JSON Schema. Nothing here knows a key or an adapter by name.

import type { SchemaNode } from '../../api/config.ts'

/** A key of the configuration, by where it stands: `['filter', 'threshold']`. */
export type KeyPath = readonly string[]

type Common = { readonly path: KeyPath; readonly name: string; readonly node: SchemaNode; readonly required: boolean }

/** One adapter of several, with its own options. */
export type Variant = { readonly id: string; readonly description: string; readonly fields: readonly Field[] }

export type Field = Common &
  (
    | { readonly kind: 'group'; readonly fields: readonly Field[] }
    | { readonly kind: 'adapter'; readonly variants: readonly Variant[] }
    | { readonly kind: 'choice'; readonly options: readonly string[] }
    | { readonly kind: 'switch' }
    | { readonly kind: 'number'; readonly whole: boolean }
    | { readonly kind: 'text' }
    /** Any of a few words. */
    | { readonly kind: 'some'; readonly options: readonly string[] }
    /** Texts, one a line. */
    | { readonly kind: 'lines' }
    /** Whatever else there is: written as JSON. */
    | { readonly kind: 'json' }
  )

/** The fields of an object’s schema, in its order. */
export function fieldsOf(node: SchemaNode, path: KeyPath = []): readonly Field[] {
  const required = new Set(node.required)
  return Object.entries(node.properties ?? {}).map(([name, child]) => fieldOf(name, child, [...path, name], required.has(name)))
}

function fieldOf(name: string, node: SchemaNode, path: KeyPath, required: boolean): Field {
  const common = { name, node, path, required }
  const variants = variantsOf(node, path)
  if (variants !== undefined) return { ...common, kind: 'adapter', variants }
  if (areTexts(node.enum)) return { ...common, kind: 'choice', options: node.enum }
  if (node.properties !== undefined) return { ...common, kind: 'group', fields: fieldsOf(node, path) }
  if (node.type === 'boolean') return { ...common, kind: 'switch' }
  if (node.type === 'number' || node.type === 'integer') return { ...common, kind: 'number', whole: node.type === 'integer' }
  if (node.type === 'string') return { ...common, kind: 'text' }
  if (node.type === 'array' && areTexts(node.items?.enum)) return { ...common, kind: 'some', options: node.items.enum }
  if (node.type === 'array' && takesText(node.items)) return { ...common, kind: 'lines' }
  return { ...common, kind: 'json' }
}

/** Objects told apart by the constant in their `id`; a bare id stands for an object with nothing else. */
function variantsOf(node: SchemaNode, path: KeyPath): readonly Variant[] | undefined {
  const objects = node.oneOf ?? node.anyOf?.find(({ oneOf }) => oneOf !== undefined)?.oneOf
  if (objects === undefined || !objects.every(({ properties }) => typeof properties?.id?.const === 'string')) return undefined
  return objects.map((one) => ({
    id: one.properties!.id!.const as string,
    description: one.properties!.id!.description ?? '',
    fields: fieldsOf(one, path).filter(({ name }) => name !== 'id'),
  }))
}

const areTexts = (values: readonly unknown[] | undefined): values is readonly string[] => values?.every((value) => typeof value === 'string') ?? false

const takesText = (node: SchemaNode | undefined): boolean => node?.type === 'string' || node?.anyOf?.some(({ type }) => type === 'string') === true

/** From here on a limit is that of the number’s type, not of what it means. */
const endless = 2 ** 32 - 1

/** What a value may be, in a few words: `0 to 1`, `more than 0`, `at least 1`. Empty without limits. */
export function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: SchemaNode): string {
  const most = maximum !== undefined && maximum < endless ? maximum : undefined
  if (minimum !== undefined && most !== undefined) return `${minimum} to ${most}`
  const from = minimum !== undefined ? `at least ${minimum}` : exclusiveMinimum !== undefined ? `more than ${exclusiveMinimum}` : ''
  const to = most !== undefined ? `at most ${most}` : exclusiveMaximum !== undefined ? `less than ${exclusiveMaximum}` : ''
  return [from, to].filter(Boolean).join(', ')
}

/** `seedsPerPrompt` as people read it: Seeds per prompt. */
export function labelOf(name: string): string {
  const words = name
    .replace(/PerMTokUsd$/, ', $ per million tokens')
    .replace(/Usd$/, ' ($)')
    .replace(/Ms$/, ' (ms)')
    .replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replaceAll('-', ' ')
    .replace(/\b(url|l2)\b/gi, (word) => word.toUpperCase())
  return words[0]!.toUpperCase() + words.slice(1)
}

/** The same for a key away from its group: Filter threshold, Batch size. */
export const labelOfPath = (path: KeyPath): string =>
  path.map((name, i) => (i === 0 ? labelOf(path.length > 1 ? name.replace(/es$/, '') : name) : labelOf(name).toLowerCase())).join(' ')

/** A default as it stands in a field that says nothing. */
export function sayValue(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(sayValue).join(', ')
  if ('id' in (value as object)) return String((value as { readonly id: unknown }).id)
  return JSON.stringify(value)
}
