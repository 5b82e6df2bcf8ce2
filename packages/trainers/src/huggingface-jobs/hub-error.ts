import { type ErrorCode, SediError } from '@sedi/spec'

/** What to do about a refusal of the hub, which depends on what it was asked for; by the status it answered. What is not named needs no advice. */
export type HubAdvice = Readonly<Partial<Record<402 | 403 | 404 | 409 | 429 | 500, string>>>

type Meaning = { readonly code: ErrorCode; readonly retryable: boolean; readonly advice?: string | undefined }

function meaningOf(status: number, advice: HubAdvice): Meaning {
  if (status === 401) return { code: 'invalid-credential', retryable: false, advice: 'Check the key in HF_TOKEN.' }
  if (status === 402) return { code: 'quota-exhausted', retryable: false, advice: advice[402] }
  if (status === 403) return { code: 'invalid-credential', retryable: false, advice: advice[403] }
  if (status === 404) return { code: 'not-found', retryable: false, advice: advice[404] }
  if (status === 409 || status === 412) return { code: 'conflict', retryable: true, advice: advice[409] }
  if (status === 429) return { code: 'rate-limited', retryable: true, advice: advice[429] }
  if (status === 408 || status >= 500) return { code: 'provider-response', retryable: true, advice: advice[500] }
  return { code: 'invalid-input', retryable: false }
}

export type HubCall = {
  /** For the message: `start the job`. */
  readonly doing: string
  readonly token: string
  readonly advice: HubAdvice
  readonly aborted?: boolean | undefined
}

/**
 * Anything that the hub's SDK or fetch throws, as the SediError it means. `details.status` is the answer's, absent where there was none:
 * then what was asked for may have been done.
 */
export function hubError(error: unknown, { doing, token, advice: advices, aborted = false }: HubCall): SediError {
  if (SediError.is(error)) return error
  const options = { secrets: [token], cause: error }
  if (aborted) return new SediError('aborted', `The call to the hub (${doing}) was aborted.`, options)
  const { statusCode, message, name } = error as { statusCode?: unknown; message?: unknown; name?: unknown }
  const said = String(message ?? error)
  if (typeof statusCode === 'number') {
    const { code, retryable, advice = '' } = meaningOf(statusCode, advices)
    const text = `Could not ${doing}: the hub answered ${statusCode}: ${said.slice(0, 300)}${advice === '' ? '' : `\n${advice}`}`
    return new SediError(code, text, { ...options, retryable, details: { status: statusCode } })
  }
  if (/access token must start with/.test(said)) return new SediError('invalid-credential', 'HF_TOKEN: expected a key that begins with hf_.', options)
  const why = name === 'TimeoutError' ? 'it did not answer in time' : reasonOf(error)
  return new SediError('provider-response', `Could not ${doing}: no usable answer from the hub: ${why}.`, { ...options, retryable: true })
}

/** The innermost message: `fetch failed` hides the reason. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message || error.name
}
