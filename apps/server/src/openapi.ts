import { softwareVersion } from '@sedi/kit'
import * as z from 'zod'
import { problemSchema } from './problem.ts'
import type { Route } from './route.ts'
import { writtenConfigJsonSchema } from './runs/written-config.ts'

type Json = Readonly<Record<string, unknown>>

/** Problems that any route may answer with; 401 only where a token is asked for. */
const everywhere = [400, 403, 405, 429, 500]

/** The OpenAPI 3.1 document of routes, made from the schemas that check what they get. */
export function openApiOf(routes: readonly Route[]): Json {
  const components: Record<string, unknown> = {}
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => lifted(z.toJSONSchema(schema, { io, override: writePairsAsLists }) as Json, components)
  schemaOf(problemSchema, 'input')
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    paths[route.path]![route.method] = operationOf(route, schemaOf)
  }
  components.RunConfig = writtenConfigJsonSchema()
  return {
    openapi: '3.1.0',
    info: {
      title: 'SeDi',
      version: softwareVersion,
      description: 'Runs that make instruction data: create, watch, steer and understand them. Errors are RFC 9457 problems with a closed set of codes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { cookie: [] }, {}],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The server’s token. A server on loopback may have none.' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'sedi_session', description: 'A browser’s login, from POST /v1/session.' },
      },
    },
  }
}

/** A pair of equal things as a list of two: readers of OpenAPI documents take `prefixItems` for `items`, in which a list of schemas is invalid. */
const writePairsAsLists: NonNullable<z.core.ToJSONSchemaParams['override']> = ({ jsonSchema }) => {
  const { prefixItems } = jsonSchema
  if (prefixItems === undefined) return
  if (prefixItems.some((one) => JSON.stringify(one) !== JSON.stringify(prefixItems[0]))) throw new TypeError('A tuple of different things cannot be described.')
  delete jsonSchema.prefixItems
  Object.assign(jsonSchema, { items: prefixItems[0], minItems: prefixItems.length, maxItems: prefixItems.length })
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Json

function operationOf(route: Route, schemaOf: SchemaOf): Json {
  const { id, summary, description, params, query, body, upload, answer, otherAnswer, problems = [], open = false, path } = route
  const statuses = [...new Set([...everywhere, ...problems, ...(open ? [] : [401]), ...(body === undefined ? [] : [413, 415])])].sort((a, b) => a - b)
  const headers = path.endsWith('/events')
    ? [{ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string', pattern: '^[0-9]{0,15}$' } }]
    : []
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(open ? { security: [] } : {}),
    parameters: [...parametersOf(params, 'path', schemaOf), ...parametersOf(query, 'query', schemaOf), ...headers],
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    ...(upload === undefined ? {} : { requestBody: { required: true, content: { 'application/x-ndjson': { schema: { type: 'string' } } } } }),
    responses: {
      ...Object.fromEntries([answer, ...(otherAnswer === undefined ? [] : [otherAnswer])].map((one) => [one.status, responseOf(one, schemaOf)])),
      ...Object.fromEntries(statuses.map((status) => [status, problemResponse])),
    },
  }
}

const problemResponse = { description: 'A problem.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }

function responseOf({ description, type, schema }: Route['answer'], schemaOf: SchemaOf): Json {
  if (type !== undefined) return { description, content: { [type]: { schema: { type: 'string' } } } }
  return schema === undefined ? { description } : { description, content: { 'application/json': { schema: schemaOf(schema, 'input') } } }
}

/** What they become when they are read describes them; whether they must be given is what is written. */
function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query', schemaOf: SchemaOf): Json[] {
  if (schema === undefined) return []
  const written = schemaOf(schema, 'input') as { readonly required?: readonly string[] }
  const { properties = {} } = schemaOf(schema, 'output') as { readonly properties?: Readonly<Record<string, Json>> }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || (written.required ?? []).includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }))
}

/** Schemas with an id go to the components of the document. */
function lifted({ $schema: _, $defs = {}, ...schema }: Json, components: Record<string, unknown>): Json {
  for (const [name, definition] of Object.entries($defs as Json)) components[name] = pointed(definition)
  return pointed(schema) as Json
}

function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? inner.replace('#/$defs/', '#/components/schemas/') : pointed(inner),
    ]),
  )
}
