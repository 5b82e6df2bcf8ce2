import type { Message } from '@sedi/spec'
import { errorReply, type Reply } from './reply.ts'

/** A request for a completion, checked. */
export type ChatRequest = {
  readonly model: string
  readonly messages: readonly Message[]
  readonly maxOutputTokens: number
  readonly seed: number
  readonly temperature?: number | undefined
  readonly stop?: readonly string[] | undefined
}

// What a request without a limit gets; OpenAI's own default depends on the model.
const defaultMaxOutputTokens = 4096

type Check = { readonly expected: string; accepts(value: unknown): boolean }

const isTokenLimit = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1
const isBetween = (least: number, most: number) => (value: unknown) => typeof value === 'number' && value >= least && value <= most
const isText = (value: unknown): value is string => typeof value === 'string'

// Every field this imitation understands. Any other is refused, which keeps adapters honest about what they send.
const fields: ReadonlyMap<string, Check> = new Map(
  Object.entries<Check>({
    model: { expected: 'a string', accepts: isText },
    messages: { expected: 'a non-empty array of { role, content } with text as content', accepts: areMessages },
    max_completion_tokens: { expected: 'an integer of at least 1', accepts: isTokenLimit },
    max_tokens: { expected: 'an integer of at least 1', accepts: isTokenLimit },
    temperature: { expected: 'a number from 0 to 2', accepts: isBetween(0, 2) },
    top_p: { expected: 'a number from 0 to 1', accepts: isBetween(0, 1) },
    seed: { expected: 'an integer', accepts: Number.isInteger },
    stop: { expected: 'a string or up to 4 strings', accepts: (value) => isText(value) || (Array.isArray(value) && value.length <= 4 && value.every(isText)) },
    n: { expected: '1', accepts: (value) => value === 1 },
    stream: { expected: 'false (the fake provider does not stream yet)', accepts: (value) => value === false },
  }),
)

/** Reads a request body; a reply that refuses it when it is not one OpenAI would take. */
export function parseChatRequest(text: string): ChatRequest | { readonly refusal: Reply } {
  const body = parseObject(text)
  if (body === undefined) return refuse('We could not parse the JSON body of your request.')
  for (const [name, value] of Object.entries(body)) {
    const check = fields.get(name)
    if (check === undefined) return refuse(`Unknown parameter: '${name}'.`, name, 'unknown_parameter')
    if (value !== null && !check.accepts(value)) return refuse(`Invalid value for '${name}': expected ${check.expected}.`, name, 'invalid_value')
  }
  for (const name of ['model', 'messages']) {
    if (body[name] === undefined || body[name] === null) return refuse(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')
  }
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined) {
    return refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", 'max_tokens', 'invalid_parameter_combination')
  }
  return {
    model: body.model as string,
    messages: (body.messages as { role: string; content: string }[]).map(({ role, content }) => ({ role: roles.get(role)!, content })),
    maxOutputTokens: ((body.max_completion_tokens ?? body.max_tokens) as number | null | undefined) ?? defaultMaxOutputTokens,
    seed: (body.seed as number | null | undefined) ?? 0,
    temperature: (body.temperature as number | null | undefined) ?? undefined,
    stop: isText(body.stop) ? [body.stop] : ((body.stop as string[] | null | undefined) ?? undefined),
  }
}

// `developer` is the newer name of `system`.
const roles: ReadonlyMap<string, Message['role']> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
])

function areMessages(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isMessage)
}

function isMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { role, content, ...rest } = value as Record<string, unknown>
  return isText(role) && roles.has(role) && isText(content) && Object.keys(rest).length === 0
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function refuse(message: string, param: string | null = null, code: string | null = null): { readonly refusal: Reply } {
  return { refusal: errorReply(400, message, { param, code }) }
}
