import type { RunConfig } from '@sedi/spec'
import { isBuiltIn } from '../inputs/built-in-seeds.ts'
import { configJsonSchema, itemOf, type JsonSchema, propertyOf } from './json-schema.ts'
import { isTree } from './merge.ts'

export type NamedFile = { readonly key: string; readonly path: string }

/**
 * The files and folders that a parsed configuration names, with the keys that name them; the store, built-in seeds and addresses are none.
 * For who must know what a configuration of somebody else would read.
 */
export function filesNamedIn(config: RunConfig): readonly NamedFile[] {
  return walk(configJsonSchema(), config, []).filter(({ key }) => key !== 'store')
}

function walk(schema: JsonSchema, value: unknown, key: readonly string[]): NamedFile[] {
  if (typeof value === 'string') {
    const named = schema.path === true || (schema.path === 'relative' && /^([/\\]|\.|[a-z]:)/i.test(value))
    return named && !isBuiltIn(value) && !/^\w+:\/\//.test(value) ? [{ key: key.join('.'), path: value }] : []
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => walk(itemOf(schema, item), item, [...key, String(i)]))
  if (!isTree(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = propertyOf(schema, name, value)
    return property === undefined ? [] : walk(property, inner, [...key, name])
  })
}
