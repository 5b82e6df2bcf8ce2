import { type ErrorCode, SediError } from '@sedi/spec'
import { abortedError, chatCompletionError, type FailureContext } from '../chat-completions/chat-completion-error.ts'
import { type ErrorWords, readErrorBody, wordsOf } from '../chat-completions/read-error-body.ts'

/** What the AI SDK throws, by name: packages of different versions have different classes. Nothing was sent in any of these. */
const beforeSending: Readonly<Record<string, { readonly code: ErrorCode; readonly advice: string }>> = {
  AI_LoadAPIKeyError: { code: 'missing-credential', advice: 'Set the environment variable it names, or AI_SDK_API_KEY.' },
  AI_LoadSettingError: { code: 'invalid-config', advice: 'Put it into generator.settings.' },
  AI_NoSuchModelError: { code: 'not-found', advice: 'Check generator.model.' },
  AI_UnsupportedFunctionalityError: { code: 'unsupported', advice: 'Leave the setting out.' },
  AI_InvalidArgumentError: { code: 'invalid-input', advice: '' },
  AI_InvalidPromptError: { code: 'invalid-input', advice: '' },
}

/** An APICallError, which also carries the request's body and the reply's: neither is passed on as it is. */
type ApiCallError = Error & {
  readonly statusCode?: unknown
  readonly responseHeaders?: unknown
  readonly responseBody?: unknown
  readonly data?: unknown
}

export function aiSdkError(error: unknown, context: FailureContext): SediError {
  if (SediError.is(error)) return error
  if (context.endedBy === 'caller') return abortedError(context.provider, error)
  const name = error instanceof Error ? error.name : ''
  const known = beforeSending[name]
  if (known !== undefined) {
    const message = `${context.provider}: ${(error as Error).message.slice(0, 300)}${known.advice === '' ? '' : `\n${known.advice}`}`
    return new SediError(known.code, message, { details: { charged: 'none' }, secrets: context.secrets, cause: error })
  }
  if (name !== 'AI_APICallError') return chatCompletionError(error, context)
  const { statusCode } = error as ApiCallError
  // A 2xx status that the package could not read: an error in disguise, HTML, cut JSON.
  if (typeof statusCode !== 'number' || (statusCode >= 200 && statusCode < 300)) return chatCompletionError(withoutReply(error as ApiCallError), context)
  return chatCompletionError(statusReply(error as ApiCallError, statusCode), context)
}

function withoutReply({ message, cause }: ApiCallError): Error {
  return new Error(message, cause === undefined ? {} : { cause })
}

/** What a refusal said; undefined when the error is none. */
export function refusalIn(error: unknown): { readonly status: number; readonly words: ErrorWords } | undefined {
  if (!(error instanceof Error) || error.name !== 'AI_APICallError') return undefined
  const { statusCode } = error as ApiCallError
  return typeof statusCode === 'number' && statusCode >= 400 ? { status: statusCode, words: wordsIn(error as ApiCallError) } : undefined
}

function wordsIn({ message, responseBody, data }: ApiCallError): ErrorWords {
  if (typeof responseBody === 'string' && responseBody !== '') return readErrorBody(responseBody)
  return data === undefined ? { message } : wordsOf(data)
}

/** In the shape the shared table of statuses reads. */
function statusReply(error: ApiCallError, status: number): Error {
  const headers = headersOf(error.responseHeaders)
  const words = wordsIn(error)
  return Object.assign(new Error(words.message), { status, headers, error: words, requestID: headers.get('x-request-id') ?? headers.get('request-id') })
}

/** A record of names and values, by the specification; anything else is none. */
export function headersOf(record: unknown): Headers {
  try {
    return new Headers((record ?? {}) as Record<string, string>)
  } catch {
    return new Headers()
  }
}
