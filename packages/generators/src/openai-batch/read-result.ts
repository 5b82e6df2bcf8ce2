import { type Charged, type GenerateResult, SediError } from '@sedi/spec'
import * as z from 'zod'

/** What a batch brought for one request. */
export type BatchResult = {
  /** undefined when the line names no request. */
  readonly customId: string | undefined
  readonly answer: GenerateResult | SediError
}

export type ResultContext = {
  readonly provider: string
  readonly secrets: readonly string[]
  /** Reads the body of a 2xx reply; throws when it is no completion. */
  readonly parseReply: (body: unknown) => GenerateResult
  /** A reply with another status, as the SediError it means. */
  readonly statusError: (status: number, body: unknown) => SediError
}

const lineSchema = z.object({
  custom_id: z.string().nullish(),
  response: z.object({ status_code: z.number().int(), body: z.unknown() }).nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
})

/** Reads one line of an output or error file; undefined when it is none (cut off, not JSON). */
export function readResult(text: string, context: ResultContext): BatchResult | undefined {
  const parsed = lineSchema.safeParse(jsonOf(text))
  if (!parsed.success) return undefined
  const { custom_id, response, error } = parsed.data
  // Something else than a result: an error in place of the file.
  if (typeof custom_id !== 'string' && !response) return undefined
  return { customId: custom_id ?? undefined, answer: response ? answerOf(response, context) : lineError(error?.code ?? '', error?.message ?? '', context) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function answerOf(
  { status_code: status, body }: { readonly status_code: number; readonly body?: unknown },
  context: ResultContext,
): GenerateResult | SediError {
  if (status < 200 || status > 299) return context.statusError(status, body)
  try {
    return context.parseReply(body)
  } catch (error) {
    if (SediError.is(error)) return error
    throw error
  }
}

function lineError(code: string, message: string, { provider, secrets }: ResultContext): SediError {
  const says = `${provider}: the batch has no answer to this request (${code || 'no code'}): ${message}`
  const error = (kind: 'timeout' | 'provider-response', retryable: boolean, charged: Charged): SediError =>
    new SediError(kind, says, { retryable, details: { charged, batchError: code }, secrets })
  // Time was up before it was begun.
  if (code === 'batch_expired') return error('provider-response', true, 'none')
  // Somebody wanted this; asking again is not for us to decide.
  if (code === 'batch_cancelled') return error('provider-response', false, 'none')
  if (code === 'request_timeout') return error('timeout', true, 'uncertain')
  return error('provider-response', true, 'uncertain')
}
