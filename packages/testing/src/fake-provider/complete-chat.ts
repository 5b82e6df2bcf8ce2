import { countTokens } from '@sedi/simulation'
import { type ChatRequest, parseChatRequest } from './chat-request.ts'
import type { Completion } from './completion.ts'
import { completionReply } from './completion-reply.ts'
import type { Plan } from './fault-plan.ts'
import type { FaultContext } from './faults/fault.ts'
import { contextLengthWords, invalidKeyWords, modelNotFoundWords } from './faults/refusals.ts'
import { findFault } from './faults.ts'
import type { Imitation } from './imitations/imitation.ts'
import { findModel, type ModelProfile, teacherModel } from './models.ts'
import type { PromptCache } from './prompt-cache.ts'
import { type Admission, type createRateLimits, goDurations, secondsRetryAfter } from './rate-limits.ts'
import { type ErrorWords, jsonReply, openAiErrorBody, type Reply } from './reply.ts'
import { streamReply } from './stream-reply.ts'
import { type Teacher, teach } from './teach.ts'

export type ChatContext = {
  readonly teacher: Teacher
  readonly imitation: Imitation
  /** The key clients must send; `undefined` takes anyone. */
  readonly apiKey: string | undefined
  readonly rateLimits: ReturnType<typeof createRateLimits>
  readonly promptCache: PromptCache
}

/** How one request ends: what is sent and what the book says. */
export type ChatOutcome = {
  readonly outcome: string
  readonly reply: Reply
  /** The work that was done, and so charged; `undefined` when none was. */
  readonly completion?: Completion | undefined
}

/** Decides about one request for a completion: who asks, is it a proper request, is there room, does it go wrong. */
export function completeChat(body: string, key: string, plan: Plan, context: ChatContext): ChatOutcome {
  const { imitation, apiKey, rateLimits } = context
  if (apiKey !== undefined && key !== apiKey) return refused(invalidKeyWords(key), imitation)
  const sent = parseChatRequest(body, imitation)
  if ('refusal' in sent) return refused(sent.refusal, imitation)
  const request = imitation.promptTokens === undefined ? sent : { ...sent, messages: cutBeginning(sent.messages, imitation.promptTokens) }
  const model = findModel(request.model.replace(imitation.modelSuffix ?? '', '')) ?? (imitation.anyModel ? findModel(teacherModel) : undefined)
  if (model === undefined || isRetired(model)) return refused(modelNotFoundWords(request.model), imitation)
  const refusal = refusalOf(request, model, imitation)
  if (refusal !== undefined) return refused(refusal, imitation)

  const admission = rateLimits.admit(requestTokens(request))
  const limitHeaders = (imitation.limitHeaders ?? goDurations)(admission.state)
  if (!admission.admitted) return refused(overLimit(admission, limitHeaders, imitation), imitation)

  const { outcome, reply, completion } = act(request, key, plan, model, context)
  return { outcome, completion, reply: { ...reply, headers: { ...limitHeaders, ...reply.headers } } }
}

function act(request: ChatRequest, key: string, plan: Plan, model: ModelProfile, { teacher, imitation, promptCache }: ChatContext): ChatOutcome {
  let cached: number | undefined
  const cachedTokens = (inputTokens: number) => (cached ??= promptCache.lookUp(request.messages, inputTokens))
  const faultContext: FaultContext = {
    request,
    key,
    imitation,
    teach: (maxOutputTokens = request.maxOutputTokens) => teach({ ...request, maxOutputTokens }, model, { teacher, cachedTokens }),
    answer: (completion) => (request.stream ? streamReply(request, completion, imitation) : completionReply(request, completion, imitation)),
    refuse: (words) => errorIn(imitation, words),
  }
  const fault = plan === 'normal' ? undefined : findFault(plan)
  if (fault !== undefined && befalls(fault, request)) return { outcome: plan, ...fault.act(faultContext) }
  const completion = faultContext.teach()
  return { outcome: 'answered', reply: faultContext.answer(completion), completion }
}

function befalls({ only, applies }: ReturnType<typeof findFault>, request: ChatRequest): boolean {
  return (only === undefined || (only === 'stream') === request.stream) && (applies === undefined || applies(request))
}

/** What the server, or the model, does not take in this request. */
function refusalOf(request: ChatRequest, model: ModelProfile, imitation: Imitation): ErrorWords | undefined {
  for (const refuses of [...(imitation.refuses ?? []), ...(model.refuses ?? [])]) {
    const words = refuses(request)
    if (words !== undefined) return words
  }
  if (request.schema !== undefined && model.structuredOutput === 'refused') return noStructuredOutput
  const { contextTokens = Number.POSITIVE_INFINITY } = model
  const tokens = requestTokens(request)
  return tokens > contextTokens ? contextLengthWords(contextTokens, tokens) : undefined
}

const noStructuredOutput: ErrorWords = {
  status: 400,
  message: "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
  param: 'response_format',
}

function isRetired({ shutdownDate }: ModelProfile): boolean {
  return shutdownDate !== undefined && Date.parse(shutdownDate) < Date.now()
}

/** A refusal in the imitation's envelope. */
export function errorIn(imitation: Imitation, words: ErrorWords): Reply {
  const { status, body } = imitation.error?.(words) ?? { status: words.status, body: openAiErrorBody(words) }
  return jsonReply(status, body, words.headers)
}

function refused(words: ErrorWords, imitation: Imitation): ChatOutcome {
  const reply = errorIn(imitation, words)
  return { outcome: `refused-${reply.status}`, reply }
}

/** What a request may use, which is what the limit is charged with: its prompt and the longest answer it allows. */
function requestTokens({ messages, maxOutputTokens }: ChatRequest): number {
  return messages.reduce((total, message) => total + countTokens(message.content), maxOutputTokens)
}

/** The 429 of the server's own limits. */
export function overLimit({ retryAfterMs, exceeded }: Admission, headers: Readonly<Record<string, string>>, imitation: Imitation): ErrorWords {
  return {
    status: 429,
    message: `Rate limit reached for ${exceeded}. Please try again in ${retryAfterMs}ms.`,
    type: exceeded,
    code: 'rate_limit_exceeded',
    headers: { ...headers, ...(imitation.retryAfter ?? bothRetryAfters)(retryAfterMs) },
  }
}

/** As OpenAI says it. */
function bothRetryAfters(ms: number): Readonly<Record<string, string>> {
  return { ...secondsRetryAfter(ms), 'retry-after-ms': String(ms) }
}

/** What is left of the messages when only so many tokens fit: their end. */
function cutBeginning(messages: ChatRequest['messages'], mostTokens: number): ChatRequest['messages'] {
  let left = mostTokens
  const kept: ChatRequest['messages'][number][] = []
  for (const { role, content } of messages.toReversed()) {
    const tokens = countTokens(content)
    let end = tokens <= left ? content : content.slice(Math.ceil(content.length * (1 - left / tokens)))
    while (countTokens(end) > left) end = end.slice(Math.max(1, end.length >> 9))
    kept.unshift({ role, content: end })
    left = Math.max(0, left - tokens)
  }
  return kept
}
