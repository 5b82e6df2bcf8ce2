import { type ErrorCode, SediError } from '@sedi/spec'

type Meaning = { readonly code: ErrorCode; readonly retryable: boolean; readonly advice: string }

const final = (code: ErrorCode, advice = ''): Meaning => ({ code, retryable: false, advice })
const later = (code: ErrorCode): Meaning => ({ code, retryable: true, advice: '' })

/** What a refusal of the hub means, for what was asked of it. */
function meaningOf(status: number): Meaning {
  if (status === 401) return final('invalid-credential', 'Check the key in HF_TOKEN.')
  if (status === 402) return final('quota-exhausted', 'Jobs are paid in advance: add credit for trainer.namespace on the hub, then resume.')
  if (status === 403) {
    return final(
      'invalid-credential',
      'The key in HF_TOKEN must be allowed to write trainer.repository and to start jobs in trainer.namespace; jobs need a paid plan or prepaid credit.',
    )
  }
  if (status === 404)
    return final('not-found', 'Check trainer.repository, trainer.namespace and trainer.hubUrl; what a key may not see looks as if it were not there.')
  if (status === 409 || status === 412) return later('conflict')
  if (status === 429) return later('rate-limited')
  if (status === 408 || status >= 500) return later('provider-response')
  return final('invalid-input')
}

/**
 * Anything that the hub's SDK or fetch throws, as the SediError it means. `details.status` is the answer's, absent where there was none:
 * then what was asked for may have been done.
 *
 * @param doing for the message: `start the job`
 */
export function hubError(error: unknown, doing: string, token: string, aborted = false): SediError {
  if (SediError.is(error)) return error
  const options = { secrets: [token], cause: error }
  if (aborted) return new SediError('aborted', `The call to the hub (${doing}) was aborted.`, options)
  const { statusCode, message, name } = error as { statusCode?: unknown; message?: unknown; name?: unknown }
  const said = String(message ?? error)
  if (typeof statusCode === 'number') {
    const { code, retryable, advice } = meaningOf(statusCode)
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
