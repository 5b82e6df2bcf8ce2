import { dirname, resolve } from 'node:path'
import { type Issue, issuesError, type RunConfig } from '@sedi/spec'
import type * as z from 'zod'
import { isBuiltIn } from '../inputs/built-in-seeds.ts'
import { recipes } from '../recipes/registry.gen.ts'
import { checkConfig } from './check-config.ts'
import { configJsonSchema, itemOf, type JsonSchema, propertyOf } from './json-schema.ts'
import { isTree, mergeConfig, setPath } from './merge.ts'
import { nearestName } from './nearest-name.ts'
import { adapterKeys, runConfigSchema } from './run-config-schema.ts'
import { withListPrice } from './with-list-price.ts'

/** What a person wrote, before defaults. */
export type RawConfig = Readonly<Record<string, unknown>>

/**
 * Fills in the recipe's and the schema's defaults, makes file names absolute, and checks that the parts fit together.
 * Throws `invalid-config` with every issue at once.
 *
 * @param origin file the names are relative to (the configuration file, or a file that would be in the right folder)
 */
export function parseConfig(raw: RawConfig, origin: string): RunConfig {
  const written = expandShorthand(raw)
  const recipe = recipes[(written.recipe ?? 'sedi') as keyof typeof recipes]
  const merged = recipe === undefined ? written : mergeConfig(recipe.defaults, written)
  const result = runConfigSchema.safeParse(merged)
  if (!result.success) throw issuesError('invalid-config', `The configuration ${origin} is not valid:`, schemaIssues(result.error, merged))
  const config = withListPrice(resolvePaths(configJsonSchema(), result.data, dirname(origin)) as RunConfig)
  const problems = checkConfig(config)
  if (problems.length > 0) throw issuesError('invalid-config', `The configuration ${origin} does not fit together:`, problems)
  return config
}

function expandShorthand(raw: RawConfig): RawConfig {
  const expanded: Record<string, unknown> = { ...raw }
  for (const key of adapterKeys) {
    if (typeof expanded[key] === 'string') expanded[key] = { id: expanded[key] }
  }
  const embedder = valueAt(['filter', 'semantic', 'embedder'], expanded)
  if (typeof embedder === 'string') return setPath(expanded, ['filter', 'semantic', 'embedder'], { id: embedder })
  return expanded
}

/** What a schema complains of, in words of the configuration. */
export const schemaIssues = ({ issues }: z.ZodError, config: RawConfig): Issue[] => issues.flatMap((issue) => explainIssue(issue, config))

function explainIssue(issue: z.core.$ZodIssue, config: RawConfig): Issue[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearestName(key, knownKeys(path, config))
      return { path: [...path, key].join('.'), code: 'unknown-key', message: `unknown key${near === undefined ? '' : `; did you mean “${near}”?`}` }
    })
  }
  if (issue.code === 'invalid_union') {
    const ids = (schemaAt(path.slice(0, -1), config) as { oneOf?: JsonSchema[]; anyOf?: JsonSchema[] } | undefined) ?? {}
    const known = [ids, ...(ids.anyOf ?? [])].flatMap((schema) => schema.oneOf ?? []).map((variant) => String(variant.properties?.id?.const))
    if (known.length === 0) return [{ path: path.join('.'), code: issue.code, message: `${alternatives(issue)}; got ${describeValue(valueAt(path, config))}` }]
    const value = valueAt(path.slice(0, -1), config)
    const typed = isTree(value) ? value.id : value
    return [
      {
        path: path.join('.'),
        code: issue.code,
        message: `expected one of ${known.join(', ')}; got ${typed === undefined ? 'nothing' : JSON.stringify(typed)}${didYouMean(typed, known)}`,
      },
    ]
  }
  const value = valueAt(path, config)
  const near = issue.code === 'invalid_value' ? didYouMean(value, issue.values.map(String)) : ''
  const got = issue.code === 'custom' && isTree(value) ? '' : `; got ${describeValue(value)}${near}`
  return [
    {
      path: path.join('.') || '(whole)',
      code: issue.code,
      message: `${describeExpected(issue)}${got}`,
    },
  ]
}

function didYouMean(typed: unknown, known: readonly string[]): string {
  const near = typeof typed === 'string' ? nearestName(typed, known) : undefined
  return near === undefined ? '' : `; did you mean “${near}”?`
}

function describeExpected(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_format' && issue.format === 'url') return 'expected an address like http://127.0.0.1:8000/v1'
  return issue.message.replace(/^(Invalid (input|option)|Too (small|big)): /, '').replace(/, received .*$/, '')
}

/** What a value with several forms may be: the complaint of the form that came closest. */
function alternatives({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const [closest] = errors.toSorted((a, b) => Number(a[0]?.code === 'invalid_type') - Number(b[0]?.code === 'invalid_type'))
  return closest?.[0]?.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '') ?? 'expected another form'
}

const describeValue = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))

function valueAt(path: readonly string[], config: unknown): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined), config)
}

function schemaAt(path: readonly string[], config: unknown): JsonSchema | undefined {
  let schema: JsonSchema | undefined = configJsonSchema()
  let value = config
  for (const key of path) {
    if (schema === undefined) return undefined
    schema = propertyOf(schema, key, value)
    value = valueAt([key], value)
  }
  return schema
}

function knownKeys(path: readonly string[], config: unknown): string[] {
  const schema = schemaAt(path, config)
  const id = valueAt([...path, 'id'], config)
  const variants = [schema, ...(schema?.anyOf ?? [])].flatMap((one) => [one, ...(one?.oneOf ?? [])])
  const chosen = variants.find((one) => one?.properties?.id?.const === id) ?? schema
  return Object.keys(chosen?.properties ?? {})
}

/** Makes the values of keys marked `path` absolute; a postgres:// store is no file name, nor is a built-in set of seeds. */
function resolvePaths(schema: JsonSchema, value: unknown, folder: string): unknown {
  if (schema.path === 'relative' && typeof value === 'string') return /^\.\.?[/\\]/.test(value) ? resolve(folder, value) : value
  if (schema.path === true && typeof value === 'string') return /^\w+:\/\//.test(value) || isBuiltIn(value) ? value : resolve(folder, value)
  if (Array.isArray(value)) return value.map((item) => resolvePaths(itemOf(schema, item), item, folder))
  if (!isTree(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const property = propertyOf(schema, key, value)
      return [key, property === undefined ? inner : resolvePaths(property, inner, folder)]
    }),
  )
}
