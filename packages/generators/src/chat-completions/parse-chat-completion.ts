import { type FinishReason, type GenerateResult, redact, SediError, shorten } from '@sedi/spec'
import * as z from 'zod'
import { errorInAnswer } from './chat-completion-error.ts'
import { parseUsage, withoutImpossibleZeros } from './parse-usage.ts'
import { wordsOf } from './read-error-body.ts'

const text = z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]).nullish()

// Only what we use, and as lenient as sense allows: servers send whatever they like with a 2xx status.
const replySchema = z.object({
  model: z.string().min(1).optional().catch(undefined),
  choices: z
    .array(
      z.object({
        message: z.object({
          content: text,
          refusal: z.string().nullish(),
          reasoning: z.unknown().optional(),
          reasoning_content: z.unknown().optional(),
        }),
        finish_reason: z.string().min(1),
      }),
    )
    .min(1),
  usage: z.unknown().optional(),
})

type Message = z.output<typeof replySchema>['choices'][number]['message']

/** `interrupted`: the server gave up half-way, and what there is of the text is no answer. */
export type FinishWords = Readonly<Record<string, FinishReason | 'interrupted'>>

// Words of one server only are in its preset; these are understood from all, because any may pass on another's.
const commonFinishWords: FinishWords = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  content_filter: 'content-filter',
  error: 'interrupted',
  abort: 'interrupted',
  insufficient_system_resource: 'interrupted',
}

export type ReplyContext = {
  readonly provider: string
  readonly modelId: string
  readonly secrets: readonly string[]
  readonly finishReasons?: FinishWords | undefined
  /** The environment variable the key comes from, for messages. @default 'the key’s variable' */
  readonly keyVariable?: string | undefined
}

/**
 * Reads the body of a 2xx reply. Throws `provider-response` (retryable, possibly charged) when it is not a finished completion.
 * An empty text is a valid answer: a reasoning model may spend its whole allowance before the first visible word.
 */
export function parseChatCompletion(reply: unknown, context: ReplyContext): GenerateResult {
  const parsed = replySchema.safeParse(reply)
  if (!parsed.success) throw notACompletion(reply, parsed.error, context)
  const { message, finish_reason: word } = parsed.data.choices[0]!
  const finishReason = context.finishReasons?.[word] ?? commonFinishWords[word.toLowerCase()] ?? 'other'
  if (finishReason === 'interrupted') throw unusable(`the server broke off the answer (finish_reason ${word})`, context)
  const refused = Boolean(message.refusal)
  const answer = refused ? message.refusal! : textOf(message.content)
  const counted = parseUsage(parsed.data.usage)
  const { usage, warnings } = withoutImpossibleZeros(counted.usage, answer)
  return {
    text: answer,
    finishReason: refused ? 'content-filter' : finishReason,
    usage,
    modelId: parsed.data.model ?? context.modelId,
    warnings: [
      ...counted.warnings,
      ...warnings,
      ...(parsed.data.model === undefined ? ['model: the reply does not name the model that answered'] : []),
      ...(answer === '' && finishReason === 'stop' && hasReasoning(message)
        ? ['the answer is empty although the model reasoned: its server may take answers for reasoning']
        : []),
    ],
    raw: reply,
  }
}

function textOf(content: Message['content']): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}

function hasReasoning({ reasoning, reasoning_content }: Message): boolean {
  return [reasoning, reasoning_content].some((words) => typeof words === 'string' && words !== '')
}

function notACompletion(reply: unknown, problem: z.ZodError, context: ReplyContext): SediError {
  if (reply === undefined || reply === null || reply === '') return unusable('an empty body came', context)
  // Redacted before it is cut, so that no half of a key is left.
  const said = redact(typeof reply === 'string' ? reply : JSON.stringify(reply), context.secrets)
  const start = shorten(said, 80)
  if (typeof reply === 'string') return unusable(`text came instead of JSON: ${start}`, context)
  if (typeof reply === 'object' && 'error' in reply && reply.error) {
    return errorInAnswer(wordsOf(reply), { ...context, configKey: 'generator', keyVariable: context.keyVariable ?? 'its environment variable' })
  }
  return unusable(`the JSON lacks ${problem.issues[0]?.path.join('.') || 'choices'}: ${start}`, context)
}

function unusable(what: string, { provider, secrets }: ReplyContext): SediError {
  const message = `${provider}: expected a chat completion, as the 2xx status promises, but ${what}. It may have been charged.`
  return new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain' }, secrets })
}
