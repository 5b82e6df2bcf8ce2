import type { Message } from '@sedi/spec'
import type { Imitation } from './imitations/imitation.ts'
import type { ErrorWords } from './reply.ts'

/** A request for a completion, checked. */
export type ChatRequest = {
  readonly model: string
  readonly messages: readonly Message[]
  readonly maxOutputTokens: number
  readonly seed: number
  readonly temperature?: number | undefined
  readonly stop?: readonly string[] | undefined
  readonly stream: boolean
  /** Whether a stream should end with the usage. */
  readonly includeUsage: boolean
  /** The JSON Schema that the answer should have; `{}` for any JSON. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined
  /** The body as it came, under OpenAI's names, without fields that the imitation ignores. */
  readonly fields: Readonly<Record<string, unknown>>
}

// What a request without a limit gets; OpenAI's own default depends on the model.
const defaultMaxOutputTokens = 4096
const defaultMostStops = 4

type Check = { readonly expected: string; accepts(value: unknown): boolean }

const isTokenLimit = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1
const isBetween = (least: number, most: number) => (value: unknown) => typeof value === 'number' && value >= least && value <= most
const isText = (value: unknown): value is string => typeof value === 'string'
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const text: Check = { expected: 'a string', accepts: isText }
const anything: Check = { expected: 'anything', accepts: () => true }

// Every field this imitation understands. Any other is refused, which keeps adapters honest about what they send.
const openAiFields: Readonly<Record<string, Check>> = {
  model: text,
  messages: { expected: 'a non-empty array of { role, content } with text as content', accepts: areMessages },
  max_completion_tokens: { expected: 'an integer of at least 1', accepts: isTokenLimit },
  max_tokens: { expected: 'an integer of at least 1', accepts: isTokenLimit },
  temperature: { expected: 'a number from 0 to 2', accepts: isBetween(0, 2) },
  top_p: { expected: 'a number from 0 to 1', accepts: isBetween(0, 1) },
  seed: { expected: 'an integer', accepts: Number.isInteger },
  stop: { expected: 'a string or a few strings', accepts: (value) => isText(value) || (Array.isArray(value) && value.every(isText)) },
  n: { expected: '1', accepts: (value) => value === 1 },
  stream: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  stream_options: {
    expected: '{ include_usage, include_obfuscation }',
    accepts: (value) => isObject(value) && Object.keys(value).every((name) => ['include_usage', 'include_obfuscation'].includes(name)),
  },
  response_format: { expected: '{ type: text | json_object | json_schema }', accepts: isResponseFormat },
  reasoning_effort: text,
  verbosity: text,
  service_tier: text,
  prompt_cache_key: text,
  safety_identifier: text,
  user: text,
  store: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  metadata: { expected: 'an object', accepts: isObject },
}

/** Reads a request body; a refusal when it is not one that the server would take. */
export function parseChatRequest(body: string, imitation: Imitation): ChatRequest | { readonly refusal: ErrorWords } {
  const sent = parseObject(body)
  if (sent === undefined) return refuse('We could not parse the JSON body of your request.')
  const fields = underOpenAiNames(sent, imitation)
  const extra = new Set(imitation.extraFields)
  for (const [name, value] of Object.entries(fields)) {
    const check = Object.hasOwn(openAiFields, name) ? openAiFields[name] : extra.has(name) ? anything : undefined
    if (check === undefined) return refuseUnknown(name.replace(unknownMark, ''))
    if (value !== null && !check.accepts(value)) return refuse(`Invalid value for '${name}': expected ${check.expected}.`, name, 'invalid_value')
  }
  for (const name of ['model', 'messages']) {
    if (fields[name] === undefined || fields[name] === null) return refuse(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')
  }
  const { mostStops = defaultMostStops } = imitation
  if (Array.isArray(fields.stop) && fields.stop.length > mostStops) {
    return refuse(`Invalid value for 'stop': expected at most ${mostStops} strings.`, 'stop', 'invalid_value')
  }
  if (fields.max_tokens !== undefined && fields.max_completion_tokens !== undefined) {
    return refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", 'max_tokens', 'invalid_parameter_combination')
  }
  return readFields(fields)
}

function readFields(fields: Readonly<Record<string, unknown>>): ChatRequest {
  const { stop } = fields
  return {
    model: fields.model as string,
    messages: (fields.messages as SentMessage[]).map(({ role, content }) => ({ role: roles.get(role)!, content: textOf(content) })),
    maxOutputTokens: ((fields.max_completion_tokens ?? fields.max_tokens) as number | null | undefined) ?? defaultMaxOutputTokens,
    seed: (fields.seed as number | null | undefined) ?? 0,
    temperature: (fields.temperature as number | null | undefined) ?? undefined,
    stop: isText(stop) ? [stop] : ((stop as string[] | null | undefined) ?? undefined),
    stream: fields.stream === true,
    includeUsage: isObject(fields.stream_options) && fields.stream_options.include_usage === true,
    schema: schemaOf(fields.response_format),
    fields,
  }
}

/** Drops what the imitation ignores, and reads its own names as OpenAI's. */
function underOpenAiNames(sent: Readonly<Record<string, unknown>>, imitation: Imitation): Record<string, unknown> {
  const { ignoredFields = [], extraFields = [], lacksFields = [], renamedFields = {}, unknownFields } = imitation
  const unknown = new Set([...lacksFields, ...Object.values(renamedFields)])
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(sent)) {
    const isKnown = (Object.hasOwn(openAiFields, name) || extraFields.includes(name)) && !unknown.has(name)
    if (ignoredFields.includes(name)) continue
    if (renamedFields[name] !== undefined) fields[renamedFields[name]] = value
    else if (isKnown) fields[name] = value
    // Marked, because OpenAI may have a field of that name.
    else if (unknownFields !== 'ignored') fields[`${unknownMark}${name}`] = value
  }
  return fields
}

const unknownMark = '\u0000'

// `developer` is the newer name of `system`.
const roles: ReadonlyMap<string, Message['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
])

type TextPart = { readonly type: 'text'; readonly text: string }
type SentMessage = { readonly role: string; readonly content: string | readonly TextPart[] }

function areMessages(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage)
}

function isMessage(value: unknown): boolean {
  if (!isObject(value)) return false
  const { role, content, ...rest } = value
  return isText(role) && roles.has(role) && isContent(content) && Object.keys(rest).length === 0
}

function isContent(value: unknown): boolean {
  return isText(value) || (Array.isArray(value) && value.length > 0 && value.every((part) => isObject(part) && part.type === 'text' && isText(part.text)))
}

function textOf(content: SentMessage['content']): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('')
}

function isResponseFormat(value: unknown): boolean {
  if (!isObject(value)) return false
  if (value.type === 'text' || value.type === 'json_object') return true
  if (value.type !== 'json_schema' || !isObject(value.json_schema)) return false
  const { name, schema } = value.json_schema
  return isText(name) && /^[A-Za-z0-9_-]{1,64}$/.test(name) && isObject(schema)
}

function schemaOf(format: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(format) || format.type === 'text') return undefined
  if (format.type === 'json_schema') return (format.json_schema as { readonly schema: Record<string, unknown> }).schema
  // llama.cpp takes a schema here too.
  return isObject(format.schema) ? format.schema : {}
}

export function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function refuseUnknown(name: string): { readonly refusal: ErrorWords } {
  return refuse(`Unknown parameter: '${name}'.`, name, 'unknown_parameter')
}

function refuse(message: string, param: string | null = null, code: string | null = null): { readonly refusal: ErrorWords } {
  return { refusal: { status: 400, message, param, code } }
}
