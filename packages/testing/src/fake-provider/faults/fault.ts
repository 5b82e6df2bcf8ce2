import { countTokens } from '@sedi/simulation'
import type { Charged, ErrorCode, FinishReason, GenerateRequest, Usage } from '@sedi/spec'
import type { ChatRequest } from '../chat-request.ts'
import type { Completion } from '../completion.ts'
import { type CompletionBody, completionBody } from '../completion-reply.ts'
import type { Imitation } from '../imitations/imitation.ts'
import { type Delivery, type ErrorWords, jsonReply, type Reply } from '../reply.ts'

/** A way for a request to go wrong, or for its answer to be odd. */
export type Fault = {
  /** What happens, in a line. */
  readonly about: string
  /** Where it was read or seen. */
  readonly source: string
  /** Only streamed answers, or only answers in one piece, can go wrong so. Default: both. */
  readonly only?: 'json' | 'stream' | undefined
  /** Which requests it can befall; others are answered as if nothing were planned. Default: all. */
  readonly applies?: ((request: ChatRequest) => boolean) | undefined
  /** What a request must carry for the fault to show. */
  readonly when?: Partial<GenerateRequest> | undefined
  act(context: FaultContext): FaultOutcome
  /** What an adapter must make of it. */
  readonly expected: ExpectedFailure | ExpectedAnswer
  /** What one of the requests that follow soon must become. */
  readonly afterwards?: ExpectedFailure | undefined
}

/** With a `completion` the work was done: the book shows it as charged. */
export type FaultOutcome = { readonly reply: Reply; readonly completion?: Completion | undefined }

/** What a fault may use. */
export type FaultContext = {
  readonly request: ChatRequest
  /** The key the client sent. */
  readonly key: string
  readonly imitation: Imitation
  /** Does the work. */
  teach(maxOutputTokens?: number): Completion
  /** The completion as this request wants it: in one piece or as a stream. */
  answer(completion: Completion): Reply
  /** A refusal in the imitation's envelope. */
  refuse(words: ErrorWords): Reply
}

export type ExpectedFailure = {
  readonly code: ErrorCode
  readonly retryable: boolean
  /** What the adapter can know, which may be less than what the book says. */
  readonly charged: Charged
  /** `details.retryAfterMs`: the number, or a range for dates. Default: not looked at. */
  readonly retryAfterMs?: number | readonly [number, number] | undefined
}

export type ExpectedAnswer = {
  readonly finishReason: FinishReason
  readonly text?: string | undefined
  /** Exactly the counts that are known; an empty object says that none may be. */
  readonly usage?: Usage | undefined
  /** The model is asked again without this setting (one of these), and `adaptations` says so. */
  readonly adapts?: readonly string[] | undefined
  /** Something could not be read as it came and `warnings` says so. */
  readonly warns?: boolean | undefined
}

export type Faults = Readonly<Record<string, Fault>>

/** Nothing was charged, and the adapter knows. */
export const refused = (code: ErrorCode, retryable: boolean, retryAfterMs?: ExpectedFailure['retryAfterMs']): ExpectedFailure => ({
  code,
  retryable,
  charged: 'none',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

/** The work may have been done. */
export const uncertain: ExpectedFailure = { code: 'provider-response', retryable: true, charged: 'uncertain' }
export const timedOut: ExpectedFailure = { code: 'timeout', retryable: true, charged: 'uncertain' }
export const answered: ExpectedAnswer = { finishReason: 'stop' }

/** Refused before any work, in the imitation's envelope. */
export function refuse(words: ErrorWords): Fault['act'] {
  return (context) => ({ reply: context.refuse(words) })
}

/** This reply and no work. */
export function send(reply: Reply): Fault['act'] {
  return () => ({ reply })
}

/** The work is done and something else is sent. */
export function replace(reply: Reply): Fault['act'] {
  return ({ teach }) => ({ reply, completion: teach() })
}

/** The work is done and its answer has an accident on the way. */
export function deliver(delivery: Delivery): Fault['act'] {
  return ({ teach, answer }) => {
    const completion = teach()
    return { reply: { ...answer(completion), delivery }, completion }
  }
}

export type Words = {
  readonly text: string
  readonly finishReason?: string | undefined
  /** Default: as many as the text has. */
  readonly outputTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
}

/** A proper completion with these words in place of the teacher's. */
export function say(words: (context: FaultContext, taught: Completion) => Words): Fault['act'] {
  return (context) => {
    const taught = context.teach()
    const { text, finishReason = 'stop', outputTokens = countTokens(text), reasoningTokens } = words(context, taught)
    const completion = { text, finishReason, usage: { ...taught.usage, outputTokens, reasoningTokens } }
    return { reply: context.answer(completion), completion }
  }
}

/** The teacher's completion with a changed body; for answers in one piece. */
export function change(body: (body: CompletionBody, context: FaultContext) => unknown): Fault['act'] {
  return (context) => {
    const completion = context.teach()
    return { reply: jsonReply(200, body(completionBody(context.request, completion, context.imitation), context)), completion }
  }
}

/** A completion whose message or choice is changed. */
export function changeChoice(changes: { readonly message?: object | null; readonly finish_reason?: string | null }): Fault['act'] {
  return change(({ choices: [choice], ...body }) => {
    const message = changes.message === undefined ? choice.message : changes.message === null ? null : { ...choice.message, ...changes.message }
    return { ...body, choices: [{ ...choice, ...changes, message }] }
  })
}

/** A page of a gateway in front of the model. */
export function page(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = '<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Please try again later</h1></body></html>'
  return { status, body, headers: { 'content-type': 'text/html; charset=utf-8', ...headers } }
}
