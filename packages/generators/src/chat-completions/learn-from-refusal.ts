import { type Adaptation, redact } from '@sedi/spec'
import { emulatedStop } from './compose-request.ts'
import { failureOf } from './failure-of.ts'
import type { ErrorWords } from './read-error-body.ts'

const maxTokensNames: ReadonlySet<string> = new Set(['max_tokens', 'max_completion_tokens'])

// Without these there is no request, or another price. (The limit on tokens may change its name and no more: it bounds what a call can cost.)
const indispensable: ReadonlySet<string> = new Set(['model', 'messages', 'service_tier'])

const refusals =
  /unsupported|not supported|does(?: not|n't) support|unknown (?:parameter|field|argument|name)|unrecognized|unexpected (?:keyword|field|parameter)|not permitted|not allowed|not available|is unavailable|extra_forbidden|only the default|cannot both be|use [`'"]?\w+[`'"]? instead|invalid_json_schema|invalid schema|no endpoints? found/i

const teachable: ReadonlySet<string> = new Set(['unsupported', 'invalid-input', 'not-found'])

/**
 * What the refusal of a request (400, 404, 422 and the like, nothing charged) teaches: which settings of `body` to rename or to drop. Empty
 * when it is about something else, or about something a request cannot be without. Sources of the wordings: the presets' sources and
 * error bodies in the issues of lm-evaluation-harness 2441, vercel/ai 10932, ChatterUI 143, platform-docs-public 7.
 */
export function learnFromRefusal(
  { status, words }: { readonly status: number; readonly words: ErrorWords },
  body: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
): Adaptation[] {
  if (!teachable.has(failureOf({ status, words, keyVariable: '', configKey: '' }).code)) return []
  const reason = `The server answered ${status}: ${redact(words.message, secrets).slice(0, 200)}`
  return refusedSettings(words, body).flatMap((setting) => lesson(setting, words, body, reason) ?? [])
}

function lesson(setting: string, { message }: ErrorWords, body: Readonly<Record<string, unknown>>, reason: string): Adaptation | undefined {
  const instead = /use [`'"]?([a-z_]+)[`'"]? instead|did you mean [`'"]?([a-z_]+)/i.exec(message)
  const replacement = instead?.[1] ?? instead?.[2]
  if (maxTokensNames.has(setting)) {
    const other = setting === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
    return { setting, action: 'renamed', replacement: other, reason }
  }
  if (indispensable.has(setting)) return undefined
  if (setting === 'stop') return emulatedStop(reason)
  if (replacement !== undefined && replacement !== setting && !(replacement in body)) return { setting, action: 'renamed', replacement, reason }
  return { setting, action: 'dropped', replacement: null, reason }
}

/** The settings of the body that a refusal is about, if it refuses settings at all. */
function refusedSettings(words: ErrorWords, body: Readonly<Record<string, unknown>>): string[] {
  const listed = (words.fields ?? []).filter(({ code, message }) => refusals.test(code) || refusals.test(message)).map(({ param }) => param.split('.')[0]!)
  if (listed.length > 0) return [...new Set(listed)].filter((name) => name in body)
  if (words.fields !== undefined && words.fields.length > 0) return []

  const { message, param, code } = words
  if (!refusals.test(message) && !refusals.test(String(code ?? '').replaceAll('_', ' ')) && code !== 'invalid_json_schema') return []
  const named = param?.split(/[.[]/)[0]
  if (named !== undefined && named in body) return [named]
  // “No endpoints found that can handle the requested parameters” (OpenRouter): which of them it does not say, so the condition goes.
  if (/no endpoints? found that (?:can handle|support)/i.test(message)) return 'provider' in body ? ['provider'] : []
  const mentioned = settingsIn(message, body)
  // “temperature and top_p cannot both be specified”: one of them may stay.
  if (/cannot both be/i.test(message) && mentioned.includes('top_p')) return ['top_p']
  return mentioned.slice(0, 1)
}

/** Settings of the body that a text names, those in quotation marks first: some names are words as well. */
function settingsIn(text: string, body: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(body).filter((name) => !['model', 'messages', 'provider'].includes(name))
  const quoted = names.filter((name) => new RegExp(`[\`'"]${name}[\`'"]`, 'i').test(text))
  const bare = names.filter((name) => new RegExp(`(?<![a-z_])${name}(?![a-z_])`, 'i').test(text))
  return [...new Set([...quoted, ...bare])]
}
