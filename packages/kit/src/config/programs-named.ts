import { configJsonSchema, type JsonSchema } from './json-schema.ts'
import { isTree } from './merge.ts'
import type { RawConfig } from './parse-config.ts'

/**
 * The keys by which a configuration, as it was written, decides which program or module is run: those that the schema marks `runs`. An adapter
 * that cannot do without such a key counts as naming it. Defaults do not: they are ours.
 */
export const programsNamedIn = (raw: RawConfig): readonly string[] => walk([configJsonSchema()], raw, [])

/** Takes more for marked rather than less: where the value says no adapter's id, a recipe may, so every adapter's options count. */
function walk(schemas: readonly JsonSchema[], value: unknown, key: readonly string[]): string[] {
  const forms = schemas.flatMap(formsOf)
  if (Array.isArray(value)) {
    const items = forms.flatMap(({ items }) => items ?? [])
    return value.flatMap((item, i) => walk(items, item, [...key, String(i)]))
  }
  if (typeof value === 'string') return withId(forms, value).flatMap((form) => required(form, key))
  if (!isTree(value)) return []
  const chosen = withId(forms, value.id)
  const able = chosen.length > 0 ? chosen : forms
  const within = Object.entries(value).flatMap(([name, inner]) => {
    const properties = able.flatMap(({ properties = {} }) => (Object.hasOwn(properties, name) ? [properties[name]!] : []))
    return properties.flatMap(formsOf).some(({ runs }) => runs) ? [[...key, name].join('.')] : walk(properties, inner, [...key, name])
  })
  return [...new Set([...chosen.flatMap((form) => required(form, key)), ...within])]
}

/** A schema and its alternatives, theirs included. */
const formsOf = (schema: JsonSchema): JsonSchema[] => [schema, ...[...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap(formsOf)]

const withId = (forms: readonly JsonSchema[], id: unknown): JsonSchema[] =>
  typeof id === 'string' ? forms.filter(({ properties }) => properties?.id?.const === id) : []

const required = ({ required: names = [], properties = {} }: JsonSchema, key: readonly string[]): string[] =>
  names.filter((name) => properties[name]?.runs).map((name) => [...key, name].join('.'))
