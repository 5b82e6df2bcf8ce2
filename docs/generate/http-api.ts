import { openApiOf } from '../../apps/server/src/openapi.ts'
import { allRoutes } from '../../apps/server/src/routes/all-routes.ts'
import { code, table } from './markdown.ts'

type Schema = {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly $ref?: string
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}
type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema; readonly description?: string }
type Content = Readonly<Record<string, { readonly schema: Schema }>>
type Operation = {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

/** Every route of the HTTP API, from the OpenAPI document that the server itself answers with. */
export function httpApiPage(): string {
  const document = openApiOf(allRoutes) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
  return [
    '# HTTP API',
    'Every route that `sedi serve` answers, made from its OpenAPI document (`GET /openapi.json` has the whole of it, with every schema). A session with curl, who may ask, and what a problem looks like: [server](../server.md).',
    table(
      ['route', 'what'],
      operations.map(({ path, method, operation }) => [`[${method} ${path}](#${operation.operationId.toLowerCase()})`, operation.summary ?? '']),
    ),
    ...operations.map(({ path, method, operation }) => sectionOf(`${method} ${path}`, operation, document.components.schemas)),
  ]
    .join('\n\n')
    .concat('\n')
}

function sectionOf(
  route: string,
  { operationId, summary = '', description, parameters = [], requestBody, responses }: Operation,
  schemas: Readonly<Record<string, Schema>>,
): string {
  const body = requestBody === undefined ? undefined : Object.entries(requestBody.content)
  const answers = Object.entries(responses).filter(([status]) => status < '400')
  const problems = Object.keys(responses).filter((status) => status >= '400')
  const fields = (body ?? []).flatMap(([, { schema }]) => fieldsOf(schema, schemas))
  return [
    `## ${operationId}`,
    code(route),
    [summary.endsWith('.') || summary === '' ? summary : `${summary}.`, description].filter(Boolean).join(' '),
    ...(parameters.length === 0
      ? []
      : [
          table(
            ['parameter', 'in', 'value', 'what'],
            parameters.map(({ name, in: place, required, schema, description: what }) => [
              code(name),
              required ? place : `${place}, optional`,
              typeOf(schema),
              what ?? schema.description ?? '',
            ]),
          ),
        ]),
    ...(body === undefined ? [] : [`Body: ${body.map(([type, { schema }]) => `${code(type)}, ${typeOf(schema)}`).join(' or ')}.`]),
    ...(fields.length === 0 ? [] : [table(['field', 'value', 'what'], fields)]),
    `Answers ${answers.map(([status, { description: what, content = {} }]) => `${status} (${[what, ...Object.entries(content).map(([type, { schema }]) => `${code(type)}, ${typeOf(schema)}`)].join(': ')})`).join(', ')}. Problems: ${problems.join(', ')}.`,
  ]
    .filter(Boolean)
    .join('\n\n')
}

function fieldsOf(schema: Schema, schemas: Readonly<Record<string, Schema>>): string[][] {
  const named = schema.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1)!]
  return Object.entries(named?.properties ?? {}).map(([name, property]) => [
    code(name),
    `${typeOf(property)}${named!.required?.includes(name) ? '' : ', optional'}`,
    property.description ?? '',
  ])
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return code(schema.$ref.split('/').at(-1)!)
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(' or ')
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  return Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'anything')
}
