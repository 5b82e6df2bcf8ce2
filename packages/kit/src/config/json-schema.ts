import * as z from 'zod'
import { adapterKeys, runConfigSchema } from './run-config-schema.ts'

/** A node of JSON Schema, as far as we read it. */
export type JsonSchema = {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly unit?: string
  readonly source?: string
  readonly affects?: 'speed'
  readonly path?: true | 'relative'
  readonly runs?: true
}

/** The configuration a person writes, as JSON Schema 2020-12; editors read it for completion and checks. */
export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(runConfigSchema, { io: 'input' }) as JsonSchema
  const properties: Record<string, JsonSchema> = { ...schema.properties }
  for (const key of adapterKeys) properties[key] = withShorthand(properties[key]!)
  properties.filter = inside(properties.filter!, ['semantic', 'embedder'], withShorthand)
  return { ...schema, title: 'SeDi run configuration', properties } as JsonSchema
}

/** A bare id instead of an object is possible where the adapter needs nothing else. */
function withShorthand(schema: JsonSchema): JsonSchema {
  const { description, default: fallback, ...object } = schema
  const ids = variantsOf(schema).map((variant) => variant.properties!.id!.const)
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [{ type: 'string', enum: ids }, object],
  }
}

function inside(schema: JsonSchema, [key, ...rest]: readonly string[], change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  if (key === undefined) return change(schema)
  return { ...schema, properties: { ...schema.properties, [key]: inside(schema.properties![key]!, rest, change) } }
}

/** The variants of an adapter key; empty for anything else. */
function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  return schema.oneOf ?? schema.anyOf?.flatMap(variantsOf) ?? []
}

/** The schema of an array's item: of several alternatives the first of the item's kind. */
export function itemOf({ items = {} }: JsonSchema, item: unknown): JsonSchema {
  const kind = typeof item
  return items.anyOf?.find(({ type }) => type === kind) ?? items
}

/** The schema of one property, looking through the variant the value's `id` chooses. */
export function propertyOf(schema: JsonSchema, key: string, value: unknown): JsonSchema | undefined {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined
  const chosen = variantsOf(schema).find((variant) => variant.properties?.id?.const === id)
  return (chosen ?? schema).properties?.[key]
}
