import { type ErrorCode, SediError } from '@sedi/spec'
import { abortedError, chatCompletionError, type FailureContext } from '../chat-completions/chat-completion-error.ts'
import { readErrorBody } from '../chat-completions/read-error-body.ts'
import type { Trace } from './traced-fetch.ts'

/**
 * Anything the SDK throws, as the SediError it means. Its errors carry the request's body, prompts included, and no headers; so what is
 * said about a reply is taken from the trace.
 */
export function huggingFaceError(error: unknown, trace: Trace, context: FailureContext): SediError {
  if (SediError.is(error)) return error
  if (context.endedBy === 'caller') return abortedError(context.provider, trace.asked ? error : undefined)
  if (!trace.asked) return beforeTheQuestion(error, trace, context)
  if (trace.status !== undefined && !isSuccess(trace.status)) return chatCompletionError(statusReply(trace), context)
  return chatCompletionError(error, context)
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

/** A refusal in the shape the shared table of statuses reads. */
function statusReply({ status, headers, text }: Trace): Error {
  const words = text === undefined ? { message: '(its words did not arrive)' } : readErrorBody(text)
  return Object.assign(new Error(words.message), { status, headers, error: words, requestID: headers?.get('x-request-id') })
}

/** Nothing was asked yet, so nothing was charged: the arguments do not fit, or the Hub could not say where the model is served. */
function beforeTheQuestion(error: unknown, trace: Trace, context: FailureContext): SediError {
  const { status } = trace
  const words = error instanceof Error ? error.message : String(error)
  const fail = (code: ErrorCode, advice: string, retryable = false, said = words): SediError =>
    new SediError(code, `${context.provider}: ${said.slice(0, 300)}${advice === '' ? '' : `\n${advice}`}`, {
      retryable,
      details: { charged: 'none', ...(status === undefined || isSuccess(status) ? {} : { status }) },
      secrets: context.secrets,
      cause: error,
    })
  const modelAdvice = `Check ${context.configKey}.model and ${context.configKey}.inferenceProvider; the model’s page on huggingface.co lists who serves it.`
  if (status !== undefined && !isSuccess(status)) {
    const known = chatCompletionError(statusReply(trace), { ...context, host: 'huggingface.co' })
    return new SediError(known.code, known.message, { retryable: known.retryable, details: { ...known.details, charged: 'none' }, cause: error })
  }
  if (nameOf(error) === 'RoutingError') return fail('invalid-credential', `Check the token in ${context.keyVariable} (option token).`)
  if (/does not support HF tokens/.test(words)) return fail('invalid-credential', `Put the provider’s own key into ${context.keyVariable} (option token).`)
  if (/is not supported for task/.test(words)) return fail('unsupported', modelAdvice)
  if (/not been able to find|No Inference Provider|not supported/i.test(words)) return fail('not-found', modelAdvice)
  if (nameOf(error) === 'InputError') return fail('invalid-config', modelAdvice)
  if (context.endedBy === 'deadline') return fail('timeout', '', true, `huggingface.co did not say within ${context.timeoutMs} ms where the model is served`)
  return fail('provider-response', '', true, `huggingface.co could not be asked where the model is served: ${words}`)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')
