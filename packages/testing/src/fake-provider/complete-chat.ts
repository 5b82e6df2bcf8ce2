import { countTokens, type World } from '@sedi/simulation'
import { type ChatRequest, parseChatRequest } from './chat-request.ts'
import { type Completion, completionReply } from './completion-reply.ts'
import type { Plan } from './fault-plan.ts'
import { type Fault, faults, invalidKeyReply, modelNotFoundReply } from './faults.ts'
import type { createRateLimits } from './rate-limits.ts'
import { errorReply, type Reply } from './reply.ts'

/** The one model of the fake provider. */
export const teacherModel = 'simulated-teacher'

export type ChatContext = {
  readonly world: World
  /** The key clients must send; `undefined` takes anyone. */
  readonly apiKey: string | undefined
  readonly rateLimits: ReturnType<typeof createRateLimits>
}

/** How one request ends: what is sent and what the book says. */
export type ChatOutcome = {
  readonly outcome: string
  readonly reply: Reply
  /** The work that was done, and so charged; `undefined` when none was. */
  readonly completion?: Completion | undefined
}

/** Decides about one request for a completion: who asks, is it a proper request, is there room, does it go wrong. */
export function completeChat(body: string, key: string, plan: Plan, { world, apiKey, rateLimits }: ChatContext): ChatOutcome {
  if (apiKey !== undefined && key !== apiKey) return refused(invalidKeyReply(key))
  const request = parseChatRequest(body)
  if ('refusal' in request) return refused(request.refusal)
  if (request.model !== teacherModel) return refused(modelNotFoundReply(request.model))

  const admission = rateLimits.admit(requestTokens(request))
  if (!admission.admitted) return refused(rateLimitReply(admission.retryAfterMs, admission.headers))

  const teach = (maxOutputTokens = request.maxOutputTokens): Completion => world.teach({ ...request, maxOutputTokens })
  const act: Fault = plan === 'normal' ? answer : faults[plan]
  const { reply, completion } = act({ request, key, teach })
  const outcome = plan === 'normal' ? 'answered' : plan
  return { outcome, completion, reply: { ...reply, headers: { ...admission.headers, ...reply.headers } } }
}

const answer: Fault = ({ request, teach }) => {
  const completion = teach()
  return { reply: completionReply(request.model, completion), completion }
}

function refused(reply: Reply): ChatOutcome {
  return { outcome: `refused-${reply.status}`, reply }
}

/** What a request may use, which is what the limit is charged with: its prompt and the longest answer it allows. */
function requestTokens({ messages, maxOutputTokens }: ChatRequest): number {
  return messages.reduce((total, message) => total + countTokens(message.content), maxOutputTokens)
}

function rateLimitReply(retryAfterMs: number, headers: Readonly<Record<string, string>>): Reply {
  return errorReply(429, `Rate limit reached. Please try again in ${retryAfterMs}ms.`, {
    type: 'requests',
    code: 'rate_limit_exceeded',
    headers: { ...headers, 'retry-after': String(Math.ceil(retryAfterMs / 1000)), 'retry-after-ms': String(retryAfterMs) },
  })
}
