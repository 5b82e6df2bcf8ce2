import { type Charged, type ErrorCode, redact, SediError } from '@sedi/spec'
import { retryAfterMs } from './retry-after-ms.ts'
import { wasNeverSent } from './was-never-sent.ts'

export type FailureContext = {
  readonly provider: string
  /** Where requests go, for messages. */
  readonly host: string
  /** The environment variable the key comes from, for messages. */
  readonly keyVariable: string
  readonly secrets: readonly string[]
  readonly timeoutMs: number
  /** Who ended the call, if anyone did. */
  readonly endedBy: 'caller' | 'deadline' | undefined
  readonly nowMs: number
}

/** Anything the SDK throws, as the SediError it means. `details`: `{ charged, status?, retryAfterMs?, requestId? }`. */
export function chatCompletionError(error: unknown, context: FailureContext): SediError {
  if (SediError.is(error)) return error
  if (context.endedBy === 'caller') return abortedError(context.provider, error)
  const status = statusOf(error)
  if (status !== undefined) return statusError(status, error as ErrorReply, context)
  if (context.endedBy === 'deadline' || isTimeout(error)) return timeoutError(error, context)
  return connectionError(error, context)
}

/** `cause` is missing when nothing had been sent. */
export function abortedError(provider: string, cause?: unknown): SediError {
  const charged: Charged = cause === undefined ? 'none' : 'uncertain'
  return new SediError('aborted', `${provider}: the call was aborted`, { details: { charged }, cause })
}

/** What an APIError of the SDK carries; read by shape, because bodies of other servers fill its fields with anything. */
type ErrorReply = {
  readonly message: string
  readonly headers?: Headers | undefined
  readonly code?: unknown
  readonly type?: unknown
  readonly requestID?: string | null | undefined
}

type Failure = { readonly code: ErrorCode; readonly retryable: boolean; readonly advice: string }

function statusError(status: number, error: ErrorReply, context: FailureContext): SediError {
  const { code, retryable, advice } = failureOf(status, error, context)
  const label = typeof error.code === 'string' ? `${status} ${error.code}` : String(status)
  const words = redact(error.message.replace(/^\d{3} /, ''), context.secrets).slice(0, 300)
  const details = {
    charged: mayHaveWorked.has(status) ? 'uncertain' : 'none',
    status,
    retryAfterMs: error.headers === undefined ? undefined : retryAfterMs(error.headers, context.nowMs),
    requestId: error.requestID ?? undefined,
  }
  const message = `${context.provider}: ${context.host} answered ${label}: ${words}${advice === '' ? '' : `\n${advice}`}`
  return new SediError(code, message, { retryable, details, secrets: context.secrets, cause: error })
}

// Said by what stands between us and the model when its own patience ends: the model may still be at work.
const mayHaveWorked: ReadonlySet<number> = new Set([408, 504, 524])

const tooLong = /context[ _]?(?:length|size|window)/i
const refusedContent = /^content_(?:filter|policy_violation)$/
const noQuota = /^(?:insufficient_quota|billing_hard_limit_reached)$/
const notSupported = /unsupported[ _](?:parameter|value)|unknown[ _]parameter|unrecognized request argument/i

/** What a status means; the body decides between the meanings of a 400 and of a 429. */
function failureOf(status: number, error: ErrorReply, { keyVariable }: FailureContext): Failure {
  const final = (code: ErrorCode, advice: string): Failure => ({ code, retryable: false, advice })
  const says = (pattern: RegExp) => [error.code, error.type].some((value) => pattern.test(String(value)))
  if (status === 401 || status === 403) return final('invalid-credential', `Check the key in ${keyVariable} (option apiKey), and what it may be used for.`)
  if (status === 404) return final('not-found', 'Check generator.model and generator.baseUrl.')
  if (status === 402 || (status === 429 && says(noQuota))) return final('quota-exhausted', 'Add credit or raise the limit at the provider, then resume.')
  if (status === 429) return { code: 'rate-limited', retryable: true, advice: '' }
  if (status === 408 || status === 409 || status >= 500 || status < 400) return { code: 'provider-response', retryable: true, advice: '' }
  if (says(refusedContent)) return final('content-refused', 'The provider refuses the prompt.')
  if (says(tooLong) || tooLong.test(error.message)) return final('context-length', 'Use a shorter prompt, or lower generator.maxOutputTokens.')
  if (says(notSupported) || notSupported.test(error.message)) {
    return final('unsupported', 'Leave the setting out; for servers that know only max_tokens set generator.maxTokensField to max_tokens.')
  }
  return final('invalid-input', '')
}

function timeoutError(error: unknown, { provider, host, timeoutMs, secrets }: FailureContext): SediError {
  const charged: Charged = wasNeverSent(error) ? 'none' : 'uncertain'
  const message = `${provider}: no complete answer from ${host} within ${timeoutMs} ms. Raise generator.timeoutMs if the model needs longer.`
  return new SediError('timeout', message, { retryable: true, details: { charged }, secrets, cause: error })
}

/** The connection broke, or the body did: the SDK lets a raw TypeError (cut off) or SyntaxError (cut JSON) through. */
function connectionError(error: unknown, { provider, host, secrets }: FailureContext): SediError {
  const charged: Charged = wasNeverSent(error) ? 'none' : 'uncertain'
  const consequence = charged === 'none' ? 'Nothing was sent.' : 'It may have been charged.'
  const message = `${provider}: no usable answer from ${host}: ${reasonOf(error)}. ${consequence}`
  return new SediError('provider-response', message, { retryable: true, details: { charged }, secrets, cause: error })
}

/** The innermost message: undici hides the reason behind `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  const code = 'code' in error ? String(error.code) : error.name
  return error.message === '' ? code : error.message
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'APIConnectionTimeoutError'
}
