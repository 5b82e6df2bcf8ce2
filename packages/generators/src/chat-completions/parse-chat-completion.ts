import { type FinishReason, type GenerateResult, redact, SediError } from '@sedi/spec'
import * as z from 'zod'
import { parseUsage } from './parse-usage.ts'

// Only what we use, and as lenient as sense allows: the SDK passes on whatever a server sends with a 2xx status.
const replySchema = z.object({
  model: z.string().min(1).optional().catch(undefined),
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]).nullish(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string(),
      }),
    )
    .min(1),
  usage: z.unknown().optional(),
})

type Message = z.output<typeof replySchema>['choices'][number]['message']

// `eos` is Together's word for `stop`.
const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
])

// The server gave up half-way (OpenRouter, DeepSeek): what there is of the text is not an answer.
const interruptions: ReadonlySet<string> = new Set(['error', 'insufficient_system_resource'])

export type ReplyContext = { readonly provider: string; readonly modelId: string; readonly secrets: readonly string[] }

/**
 * Reads the body of a 2xx reply. Throws `provider-response` (retryable, possibly charged) when it is not a finished completion.
 * An empty text is a valid answer: a reasoning model may spend its whole allowance before the first visible word.
 */
export function parseChatCompletion(reply: unknown, context: ReplyContext): GenerateResult {
  const parsed = replySchema.safeParse(reply)
  if (!parsed.success) throw notACompletion(reply, parsed.error, context)
  const { message, finish_reason: finishReason } = parsed.data.choices[0]!
  if (interruptions.has(finishReason)) throw unusable(`the server broke off the answer (finish_reason ${finishReason})`, context)
  const { usage, warnings } = parseUsage(parsed.data.usage)
  const refused = Boolean(message.refusal)
  return {
    text: refused ? message.refusal! : textOf(message.content),
    finishReason: refused ? 'content-filter' : (finishReasons.get(finishReason) ?? 'other'),
    usage,
    modelId: parsed.data.model ?? context.modelId,
    warnings: parsed.data.model === undefined ? [...warnings, 'model: the reply does not name the model that answered'] : warnings,
    raw: reply,
  }
}

function textOf(content: Message['content']): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}

function notACompletion(reply: unknown, problem: z.ZodError, context: ReplyContext): SediError {
  if (reply === undefined || reply === null || reply === '') return unusable('an empty body came', context)
  // Redacted before it is cut, so that no half of a key is left.
  const start = redact(typeof reply === 'string' ? reply : JSON.stringify(reply), context.secrets).slice(0, 80)
  if (typeof reply === 'string') return unusable(`text came instead of JSON: ${start}`, context)
  if (typeof reply === 'object' && 'error' in reply) return unusable(`an error came: ${start}`, context)
  return unusable(`the JSON lacks ${problem.issues[0]?.path.join('.') || 'choices'}: ${start}`, context)
}

function unusable(what: string, { provider, secrets }: ReplyContext): SediError {
  const message = `${provider}: expected a chat completion with the 2xx status, but ${what}. It may have been charged.`
  return new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain' }, secrets })
}
