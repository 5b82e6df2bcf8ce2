import { type Charged, redact, SediError } from '@sedi/spec'
import { failureOf } from './failure-of.ts'
import { type ErrorWords, wordsOf } from './read-error-body.ts'
import { type RateLimitHeaders, readRateLimits } from './read-rate-limits.ts'
import { retryAfterMs } from './retry-after-ms.ts'
import { wasNeverSent } from './was-never-sent.ts'

export type FailureContext = {
  readonly provider: string
  /** Where the adapter stands in the configuration, for messages. */
  readonly configKey: string
  /** Where requests go, for messages. */
  readonly host: string
  /** The environment variable the key comes from, for messages. */
  readonly keyVariable: string
  readonly secrets: readonly string[]
  readonly timeoutMs: number
  readonly idleTimeoutMs?: number | undefined
  readonly rateLimitHeaders?: RateLimitHeaders | undefined
  /** A header that says how long to wait, beside `retry-after`. */
  readonly retryAfterHeader?: string | undefined
  /** How long to wait for a server that is loading its model. */
  readonly loadingMs?: number | undefined
  /** Who ended the call, if anyone did. */
  readonly endedBy: EndedBy | undefined
  readonly nowMs: number
}

/** The caller, our time-out for the whole answer, or the one for a silence within it. */
export type EndedBy = 'caller' | 'deadline' | 'silence'

/** Anything the SDK throws, as the SediError it means. `details`: `{ charged, status?, retryAfterMs?, rateLimits?, requestId? }`. */
export function chatCompletionError(error: unknown, context: FailureContext): SediError {
  if (SediError.is(error)) return error
  if (context.endedBy === 'caller') return abortedError(context.provider, error)
  const status = statusOf(error)
  if (status !== undefined) return statusError(status, error as ErrorReply, context)
  if (context.endedBy === 'silence') return silenceError(error, context)
  if (context.endedBy === 'deadline' || isTimeout(error)) return timeoutError(error, context)
  if (isErrorInAnswer(error)) return errorInAnswer(wordsOf({ error: error.error }), context, error)
  return connectionError(error, context)
}

/** `cause` is missing when nothing had been sent. */
export function abortedError(provider: string, cause?: unknown): SediError {
  const charged: Charged = cause === undefined ? 'none' : 'uncertain'
  return new SediError('aborted', `${provider}: the call was aborted`, { details: { charged }, cause })
}

/** What an APIError of the SDK carries; read by shape, because bodies of other servers fill its fields with anything. */
type ErrorReply = { readonly message: string; readonly headers?: Headers | undefined; readonly error?: unknown; readonly requestID?: string | null | undefined }

/** What the refusal said; undefined when the error is none. For whoever wants to learn from it. */
export function refusalOf(error: unknown): { readonly status: number; readonly words: ErrorWords } | undefined {
  const status = statusOf(error)
  if (status === undefined) return undefined
  const { error: body, message } = error as ErrorReply
  if (body === undefined || body === null) return { status, words: { message: message.replace(/^\d{3} /, '') } }
  return { status, words: isWords(body) ? body : wordsOf({ error: body }) }
}

const isWords = (body: unknown): body is ErrorWords => typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'

function statusError(status: number, error: ErrorReply, context: FailureContext): SediError {
  const { headers } = error
  const { words } = refusalOf(error)!
  const { code, retryable, charged, advice } = failureOf({ status, words, headers, keyVariable: context.keyVariable, configKey: context.configKey })
  const details = {
    charged,
    status,
    retryAfterMs: waitOf(status, words, headers, context),
    rateLimits: headers === undefined ? undefined : readRateLimits(headers, context.rateLimitHeaders),
    requestId: error.requestID ?? undefined,
  }
  const label = typeof words.code === 'string' ? `${status} ${words.code}` : String(status)
  const said = redact(words.message, context.secrets).slice(0, 300)
  const message = `${context.provider}: ${context.host} answered ${label}: ${advice === '' ? endSentence(said) : `${said}\n${advice}`}`
  return new SediError(code, message, { retryable, details, secrets: context.secrets, cause: error })
}

function waitOf(status: number, words: ErrorWords, headers: Headers | undefined, context: FailureContext): number | undefined {
  if (headers === undefined) return undefined
  const asked = retryAfterMs(headers, context.nowMs, { extraHeader: context.retryAfterHeader, words: words.message })
  return asked ?? (status === 503 && /loading/i.test(words.message) ? context.loadingMs : undefined)
}

/**
 * An error in place of, or in the middle of, an answer whose status was 200: generation had begun, so it may have been charged. A number in
 * it is what the status would have been.
 */
export function errorInAnswer(
  words: ErrorWords,
  context: Pick<FailureContext, 'provider' | 'configKey' | 'keyVariable' | 'secrets'>,
  cause?: unknown,
): SediError {
  const status = Number(words.code)
  const known = Number.isInteger(status) && status >= 400 && status < 600
  const { code, retryable, advice } = known
    ? failureOf({ status, words, keyVariable: context.keyVariable, configKey: context.configKey })
    : ({ code: 'provider-response', retryable: true, advice: '' } as const)
  const said = redact(JSON.stringify(words), context.secrets).slice(0, 300)
  const message = `${context.provider}: expected an answer, as the 2xx status promises, but an error came: ${said}. It may have been charged.${advice === '' ? '' : `\n${advice}`}`
  return new SediError(code, message, { retryable, details: { charged: 'uncertain' }, secrets: context.secrets, cause })
}

function timeoutError(error: unknown, { provider, configKey, host, timeoutMs, secrets }: FailureContext): SediError {
  const charged: Charged = wasNeverSent(error) ? 'none' : 'uncertain'
  const message = `${provider}: no complete answer from ${host} within ${timeoutMs} ms. Raise ${configKey}.timeoutMs if the model needs longer.`
  return new SediError('timeout', message, { retryable: true, details: { charged }, secrets, cause: error })
}

function silenceError(error: unknown, { provider, configKey, host, idleTimeoutMs, secrets }: FailureContext): SediError {
  const message = `${provider}: ${host} stopped in the middle of its answer and was silent for ${idleTimeoutMs} ms. Raise ${configKey}.idleTimeoutMs if the model pauses that long.`
  return new SediError('timeout', message, { retryable: true, details: { charged: 'uncertain' }, secrets, cause: error })
}

/** The connection broke, or the body did: the SDK lets a raw TypeError (cut off) or SyntaxError (cut JSON) through. */
function connectionError(error: unknown, { provider, host, secrets }: FailureContext): SediError {
  const charged: Charged = wasNeverSent(error) ? 'none' : 'uncertain'
  const consequence = charged === 'none' ? 'Nothing was sent. Check that the server runs and that its address (baseUrl) is right.' : 'It may have been charged.'
  const message = `${provider}: no usable answer from ${host}: ${reasonOf(error)}. ${consequence}`
  return new SediError('provider-response', message, { retryable: true, details: { charged }, secrets, cause: error })
}

const endSentence = (text: string): string => (text === '' || /[.!?…]$/.test(text) ? text : `${text}.`)

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

/** What the SDK throws when an event of a stream holds an error. */
function isErrorInAnswer(error: unknown): error is Error & { readonly error: unknown } {
  return error instanceof Error && error.constructor.name === 'APIError' && 'error' in error && error.error !== undefined
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'APIConnectionTimeoutError'
}
