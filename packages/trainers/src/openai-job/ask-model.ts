import type { FinishReason, GenerateRequest, GenerateResult, SediError, TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { throwIfAborted } from '../aborted.ts'
import { unexpectedReply } from '../remote/sdk-error.ts'
import { withRetries } from '../remote/with-retries.ts'
import type { FineTuningApi } from './fine-tuning-api.ts'

export type AskModelOptions = {
  readonly api: FineTuningApi
  /** Whether the model has been made lately: services say 404 until it can be served. */
  readonly mayBeNew: boolean
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
  readonly pausesMs: readonly number[]
  /** Most requests under way. */
  readonly concurrency: number
}

/** A model of the service as a TextGenerator. Unlike a provider's it waits its turn and tries again: who opens a model does neither. */
export function askModel(modelId: string, { api, mayBeNew, maxTokensField, pausesMs, concurrency }: AskModelOptions): TextGenerator {
  const turn = createTurns(concurrency)
  return {
    specVersion: 1,
    provider: 'openai',
    modelId,
    async generate(request, call = {}) {
      const ask = async (): Promise<GenerateResult> => readAnswer(await api.chat(bodyOf(modelId, request, maxTokensField), call), request, modelId, api)
      const mayRetry = (error: SediError): boolean => error.retryable || (mayBeNew && error.details.status === 404)
      return turn(() => {
        throwIfAborted(call)
        return withRetries(ask, { pausesMs, mayRetry, signal: call.signal })
      })
    },
  }
}

function bodyOf(model: string, { messages, maxOutputTokens, temperature, topP, stop, seed }: GenerateRequest, maxTokensField: string): Record<string, unknown> {
  const settings = { temperature, top_p: topP, stop, seed }
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return { model, messages, [maxTokensField]: maxOutputTokens, ...Object.fromEntries(given) }
}

const answerSchema = z.looseObject({
  model: z.string().nullish(),
  choices: z
    .array(z.looseObject({ message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }), finish_reason: z.string() }))
    .min(1),
  usage: z.looseObject({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() }).nullish(),
})

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'content-filter'],
])

function readAnswer(raw: unknown, { responseFormat }: GenerateRequest, modelId: string, api: FineTuningApi): GenerateResult {
  const parsed = answerSchema.safeParse(raw)
  if (!parsed.success) throw unexpectedReply('an answer', raw, api.context)
  const { choices, usage, model } = parsed.data
  const { message, finish_reason: reason } = choices[0]!
  return {
    text: message.content ?? message.refusal ?? '',
    finishReason: finishReasons.get(reason) ?? 'other',
    usage: { inputTokens: usage?.prompt_tokens ?? undefined, outputTokens: usage?.completion_tokens ?? undefined },
    modelId: model ?? modelId,
    warnings: responseFormat === undefined ? [] : ['responseFormat was not sent: a fine-tuned model is asked plainly'],
    raw,
  }
}

/** So many at a time, in the order they came. */
function createTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let busy = 0
  return async (work) => {
    if (busy >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else busy++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) busy--
      else next()
    }
  }
}
