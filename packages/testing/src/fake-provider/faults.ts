import { countTokens } from '@sedi/simulation'
import type { ChatRequest } from './chat-request.ts'
import { type Completion, completionReply } from './completion-reply.ts'
import { type Delivery, errorReply, type Reply } from './reply.ts'

/** What a fault may use. */
export type FaultContext = {
  readonly request: ChatRequest
  /** The bearer key the client sent. */
  readonly key: string
  /** Does the work. */
  teach(maxOutputTokens?: number): Completion
}

/** A way for a request to go wrong. With a `completion` the work was done: the book shows it as charged. */
export type Fault = (context: FaultContext) => { readonly reply: Reply; readonly completion?: Completion | undefined }

const html = '<!DOCTYPE html><html><head><title>Gateway</title></head><body><h1>Please try again later</h1></body></html>'
const prose =
  'Sure! Here are a few ideas you might enjoy: sorting words, counting things, and telling stories. Let me know which you would like to hear more about.'

/** Text that breaks where someone counts bytes, splits surrogate pairs or normalises: accents both ways, other scripts, a family, directions, NUL. */
export const unicodeText = 'naïve nai\u0308ve — 数学 हिन्दी العربية 👩‍👩‍👧 𝒳 \u202Eabc\u202C \u0000 “end”\r\n\ttab'

/** Every fault by name. To add one, add a line. */
export const faults = {
  '429': refuse(errorReply(429, 'Rate limit reached for requests. Please try again later.', { type: 'requests', code: 'rate_limit_exceeded' })),
  '429-retry-after': refuse(
    errorReply(429, 'Rate limit reached for requests. Please try again in 50ms.', {
      type: 'requests',
      code: 'rate_limit_exceeded',
      headers: { 'retry-after': '0.05' },
    }),
  ),
  '500': refuse(errorReply(500, 'The server had an error while processing your request. Sorry about that!', { type: 'server_error' })),
  '502-html': refuse(page(502)),
  'reset-before': refuse({ status: 200, body: '', delivery: 'reset-before' }),
  'reset-after': deliver('reset-midway'),
  truncated: deliver('cut-short'),
  'html-200': refuse(page(200)),
  'empty-200': replace({ status: 200, body: '' }),
  'error-200': refuse(errorReply(200, 'Upstream error while generating', { type: 'upstream_error', code: 'upstream_error' })),
  'empty-content': say(({ request }) => ({
    text: '',
    finishReason: 'length',
    outputTokens: request.maxOutputTokens,
    reasoningTokens: request.maxOutputTokens,
  })),
  length: ({ request, teach }) => {
    const completion = teach(Math.max(1, teach().usage.outputTokens >> 1))
    return { reply: completionReply(request.model, completion), completion }
  },
  'malformed-text': say(() => ({ text: prose, finishReason: 'stop', outputTokens: countTokens(prose) })),
  'unicode-text': say(() => ({ text: unicodeText, finishReason: 'stop', outputTokens: countTokens(unicodeText) })),
  stall: refuse({ status: 200, body: '', delivery: 'never' }),
  // OpenAI masks the key; repeating it in full is the worst a server can do.
  'invalid-credential': ({ key }) => ({ reply: invalidKeyReply(key) }),
  'model-not-found': ({ request }) => ({ reply: modelNotFoundReply(request.model) }),
  quota: refuse(
    errorReply(429, 'You exceeded your current quota, please check your plan and billing details.', { type: 'insufficient_quota', code: 'insufficient_quota' }),
  ),
} satisfies Readonly<Record<string, Fault>>

export type FaultKind = keyof typeof faults

export const faultKinds = Object.keys(faults) as readonly FaultKind[]

export function invalidKeyReply(key: string): Reply {
  return errorReply(401, `Incorrect API key provided: ${key}.`, { code: 'invalid_api_key' })
}

export function modelNotFoundReply(model: string): Reply {
  return errorReply(404, `The model \`${model}\` does not exist or you do not have access to it.`, { param: 'model', code: 'model_not_found' })
}

/** Refused before any work. */
function refuse(reply: Reply): Fault {
  return () => ({ reply })
}

/** The work is done and its answer is lost on the way. */
function deliver(delivery: Delivery): Fault {
  return ({ request, teach }) => {
    const completion = teach()
    return { reply: { ...completionReply(request.model, completion), delivery }, completion }
  }
}

/** The work is done and something else is sent. */
function replace(reply: Reply): Fault {
  return ({ teach }) => ({ reply, completion: teach() })
}

type Words = { readonly text: string; readonly finishReason: 'stop' | 'length'; readonly outputTokens: number; readonly reasoningTokens?: number }

/** A proper completion with these words in place of the teacher's. */
function say(words: (context: FaultContext) => Words): Fault {
  return (context) => {
    const { text, finishReason, ...output } = words(context)
    const completion = { text, finishReason, usage: { inputTokens: context.teach().usage.inputTokens, ...output } }
    return { reply: completionReply(context.request.model, completion), completion }
  }
}

function page(status: number): Reply {
  return { status, body: html, headers: { 'content-type': 'text/html; charset=utf-8' } }
}
