import type { Fact, FactKind, FactOf } from '@sedi/spec'

type Table<F extends Fact> = {
  /** The natural key; empty for the table with one row. */
  readonly key: readonly Exclude<keyof F, 'kind'>[]
  /** Fields kept as JSON text. */
  readonly json: readonly Exclude<keyof F, 'kind'>[]
  /** Fields that may differ when a fact is recorded again after a crash: when and how fast, not what. */
  readonly volatile: readonly Exclude<keyof F, 'kind'>[]
}

/** How each kind of fact is kept; the columns themselves are in the migrations. */
export const tables: { readonly [K in FactKind]: Table<FactOf<K>> } = {
  run: { key: [], json: ['config'], volatile: ['createdAt', 'softwareVersion'] },
  'run-state': { key: ['index'], json: [], volatile: ['at'] },
  session: { key: ['index'], json: [], volatile: ['startedAt'] },
  'config-change': { key: ['index'], json: ['changes'], volatile: ['at'] },
  'seed-event': { key: ['index'], json: [], volatile: [] },
  'held-out': { key: ['itemId'], json: [], volatile: [] },
  existing: { key: ['textId'], json: [], volatile: [] },
  attempt: { key: ['callId', 'attempt'], json: [], volatile: ['at'] },
  outcome: { key: ['callId', 'attempt'], json: [], volatile: ['at', 'latencyMs'] },
  call: { key: ['callId'], json: ['seedIds', 'request', 'usage', 'warnings'], volatile: ['at', 'latencyMs'] },
  'embed-call': { key: ['callId'], json: ['textHashes', 'usage'], volatile: ['at', 'latencyMs'] },
  adaptation: { key: ['provider', 'modelId', 'setting'], json: [], volatile: ['at', 'reason'] },
  candidate: { key: ['id'], json: ['flags'], volatile: [] },
  yield: { key: ['callId'], json: [], volatile: [] },
  batch: { key: ['step'], json: ['exampleIds', 'clusters'], volatile: [] },
  'training-job': { key: ['round'], json: ['job'], volatile: ['at', 'job'] },
  step: { key: ['step'], json: ['exampleLosses', 'exampleGaps', 'exampleErrors', 'masked'], volatile: ['at'] },
  'training-outcome': { key: ['index'], json: [], volatile: ['at'] },
  scores: { key: ['round', 'measure'], json: ['ids', 'values'], volatile: [] },
  model: { key: ['round'], json: ['model'], volatile: [] },
  eval: { key: ['round', 'evaluator', 'itemId'], json: [], volatile: [] },
  stage: { key: ['round', 'stage'], json: ['summary'], volatile: ['at'] },
}

/** Whether a field is kept as JSON text. */
export const isJson = (kind: FactKind, field: string): boolean => (tables[kind].json as readonly string[]).includes(field)

/** `seed-event` → `seed_event`, `callId` → `call_id`. */
export function snakeCase(name: string): string {
  return name.replace(/-/g, '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function camelCase(column: string): string {
  return column.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
