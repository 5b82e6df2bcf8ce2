import type { ChatRequest } from './chat-request.ts'
import { type ChatContext, type ChatOutcome, errorIn, overLimit } from './complete-chat.ts'
import type { Completion } from './completion.ts'
import type { Plan } from './fault-plan.ts'
import { invalidKeyWords } from './faults/refusals.ts'
import { findFault } from './faults.ts'
import { goDurations } from './rate-limits.ts'
import type { ErrorWords, Reply } from './reply.ts'

/** Work that is no completion: vectors, a judgement. */
export type Work = {
  readonly model: string
  readonly inputTokens: number
  /** Nobody is billed for it. @default false */
  readonly free?: boolean | undefined
  reply(): Reply
}

/** As `completeChat`, for other work. A fault that changes a completion sends one here, which is not what was asked for. */
export function completeWork(key: string, plan: Plan, context: ChatContext, parse: () => Work | { readonly refusal: ErrorWords }): ChatOutcome {
  const { imitation, apiKey, rateLimits } = context
  const refuse = (words: ErrorWords): ChatOutcome => ({ outcome: `refused-${words.status}`, reply: errorIn(imitation, words) })
  if (apiKey !== undefined && key !== apiKey) return refuse(invalidKeyWords(key))
  const work = parse()
  if ('refusal' in work) return refuse(work.refusal)
  const admission = rateLimits.admit(work.inputTokens)
  const headers = (imitation.limitHeaders ?? goDurations)(admission.state)
  if (!admission.admitted) return refuse(overLimit(admission, headers, imitation))

  const completion: Completion = { text: '', finishReason: 'stop', usage: { inputTokens: work.inputTokens, outputTokens: 0 } }
  const charge = work.free ? undefined : completion
  const request = asChatRequest(work)
  const fault = plan === 'normal' ? undefined : findFault(plan)
  if (fault === undefined || fault.only === 'stream' || fault.applies?.(request) === false) {
    return { outcome: 'answered', completion: charge, reply: withHeaders(work.reply(), headers) }
  }
  const answer = () => work.reply()
  const { reply, completion: done } = fault.act({ request, key, imitation, teach: () => completion, answer, refuse: (words) => errorIn(imitation, words) })
  return { outcome: plan, completion: done === undefined ? undefined : charge, reply: withHeaders(reply, headers) }
}

function withHeaders(reply: Reply, headers: Readonly<Record<string, string>>): Reply {
  return { ...reply, headers: { ...headers, ...reply.headers } }
}

function asChatRequest({ model }: Work): ChatRequest {
  return { model, messages: [], maxOutputTokens: 1, seed: 0, stream: false, includeUsage: false, fields: { model } }
}
