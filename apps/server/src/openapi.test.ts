import { expect, it } from 'vitest'
import { openApiOf } from './openapi.ts'
import { allRoutes } from './routes/all-routes.ts'

// biome-ignore lint/suspicious/noExplicitAny: any node of a JSON document
type Node = Record<string, any>

const document = JSON.parse(JSON.stringify(openApiOf(allRoutes))) as Node

function* nodes(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return
  yield value
  for (const inner of Object.values(value)) yield* nodes(inner)
}

it('describes every route once, under its own name', () => {
  const operations = Object.values(document.paths as Node).flatMap((methods) => Object.values(methods as Node))
  expect(operations).toHaveLength(allRoutes.length)
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(allRoutes.length)
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/v1/runs', '/v1/runs/{run}/events', '/v1/runs/{run}/instructions', '/v1/filter', '/v1/batch', '/v1/config/schema', '/healthz']),
  )
})

it('points only to what is there', () => {
  const pointers = [...nodes(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
  expect(pointers).toContain('#/components/schemas/Problem')
  for (const pointer of pointers) expect(document.components.schemas, pointer).toHaveProperty(pointer.replace('#/components/schemas/', ''))
})

it('names every parameter of a path, and says what may be left out', () => {
  for (const [path, methods] of Object.entries(document.paths as Node)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const { parameters } of Object.values(methods as Node)) {
      expect(parameters.filter((one: Node) => one.in === 'path').map((one: Node) => one.name)).toEqual(inPath)
    }
  }
  const { parameters } = document.paths['/v1/runs/{run}/instructions'].get as Node
  expect(parameters.find((one: Node) => one.name === 'limit')).toMatchObject({
    in: 'query',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  })
})
