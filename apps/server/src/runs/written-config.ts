import { configJsonSchema } from '@sedi/kit'
import * as z from 'zod'

/** A configuration as a person writes it, checked with all that a file is checked with; here only that it is an object. */
export const writtenConfigSchema = z.looseObject({}).meta({ id: 'RunConfig' })

/** What the OpenAPI document says of it: the configuration's own JSON Schema, with what is left to this server left out. */
export function writtenConfigJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema: _, properties, required = [], ...schema } = configJsonSchema() as ReturnType<typeof configJsonSchema> & { readonly $schema?: string }
  const { store: _store, ...own } = properties!
  return { ...schema, required: required.filter((key) => key !== 'seeds'), properties: own }
}
