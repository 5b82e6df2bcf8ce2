import { type Charged, type ErrorCode, redact, SediError } from '@sedi/spec'

/** What messages about a service need. */
export type ServiceContext = {
  /** The trainer's id. */
  readonly trainer: string
  /** Where requests go. */
  readonly host: string
  /** The environment variable its key comes from. */
  readonly keyVariable: string
  readonly secrets: readonly string[]
}

/**
 * Anything that an SDK (openai, together-ai: the same generator made them) or fetch throws, as the SediError it means. `details`: `{ charged,
 * status?, retryAfterMs? }`; `charged: 'none'` is certain, so what was asked for has not been begun.
 *
 * @param doing for the message: `create the job`
 * @param aborted whether the caller ended the call
 */
export function serviceError(error: unknown, doing: string, { trainer, host, keyVariable, secrets }: ServiceContext, aborted = false): SediError {
  if (SediError.is(error)) return error
  const status = statusOf(error)
  if (status === undefined) {
    if (aborted) return new SediError('aborted', `The call to ${host} (${doing}) was aborted.`, { details: { charged: 'uncertain' }, secrets, cause: error })
    const charged: Charged = wasNeverSent(error) ? 'none' : 'uncertain'
    const timedOut = isTimeout(error)
    const said = timedOut ? 'it did not answer in time' : reasonOf(error)
    const message = `${trainer}: could not ${doing}: no usable answer from ${host}: ${said}.`
    return new SediError(timedOut ? 'timeout' : 'provider-response', message, { retryable: true, details: { charged }, secrets, cause: error })
  }
  const words = wordsOf(error)
  const { code, retryable, advice } = meaningOf(status, words, keyVariable)
  const label = words.code === '' ? String(status) : `${status} ${words.code}`
  const said = redact(words.message, secrets).slice(0, 300)
  const message = `${trainer}: could not ${doing}: ${host} answered ${label}: ${said === '' ? '(no words)' : said}${advice === '' ? '' : `\n${advice}`}`
  const charged: Charged = status === 408 || status === 409 || status >= 500 ? 'uncertain' : 'none'
  return new SediError(code, message, {
    retryable,
    details: { charged, status, ...optional('retryAfterMs', retryAfterMs(error)), ...(words.code === '' ? {} : { serviceCode: words.code }) },
    secrets,
    cause: error,
  })
}

/** An answer with status 200 that is not what was asked for. */
export function unexpectedReply(expected: string, reply: unknown, { trainer, host, secrets }: ServiceContext): SediError {
  const start = redact(JSON.stringify(reply) ?? 'nothing', secrets).slice(0, 160)
  const message = `${trainer}: expected ${expected} from ${host}, got ${start}`
  return new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain' }, secrets })
}

type Words = { readonly message: string; readonly code: string }
type Meaning = { readonly code: ErrorCode; readonly retryable: boolean; readonly advice: string }

const final = (code: ErrorCode, advice = ''): Meaning => ({ code, retryable: false, advice })
const later = (code: ErrorCode): Meaning => ({ code, retryable: true, advice: '' })

function meaningOf(status: number, { message, code }: Words, keyVariable: string): Meaning {
  const closed = /fine[-_ ]?tun/i.test(message) && /not (?:available|allowed|enabled|supported)|no longer|disabled|closed|unavailable/i.test(message)
  if (status === 403 && closed) return final('unsupported', 'This service takes no fine-tuning jobs from this account. Choose another service or trainer.')
  if (status === 401 || status === 403) return final('invalid-credential', `Check the key in ${keyVariable} (option apiKey), and what it may be used for.`)
  if (status === 402 || /^(?:insufficient_quota|billing_\w+)$/.test(code)) return final('quota-exhausted', 'Add credit at the service, then resume.')
  if (status === 404 || status === 405 || status === 501) return final('not-found', 'Check trainer.baseUrl and the names in the configuration.')
  if (status === 429) return later('rate-limited')
  if (status === 408 || status === 409 || status === 425 || status >= 500) return later('provider-response')
  if (status < 400) return final('not-found', 'Jobs and keys are not sent on to another address. Set trainer.baseUrl to the address itself.')
  return final('invalid-input')
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined
}

/** By shape: bodies of other servers fill the SDKs' fields with anything. */
function wordsOf(error: unknown): Words {
  const { message, error: body, code } = error as { message: string; error?: unknown; code?: unknown }
  const inner = (body as { error?: unknown } | null | undefined)?.error ?? body
  const fields = (typeof inner === 'object' && inner !== null ? inner : {}) as { message?: unknown; code?: unknown }
  const said = typeof fields.message === 'string' ? fields.message : message.replace(/^\d{3} /, '')
  return { message: said, code: [fields.code, code].find((one): one is string => typeof one === 'string') ?? '' }
}

function retryAfterMs(error: unknown): number | undefined {
  const { headers } = error as { headers?: unknown }
  if (!(headers instanceof Headers)) return undefined
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN)
  const seconds = headers.get('retry-after')
  const asked = Number.isFinite(milliseconds) ? milliseconds : seconds === null ? Number.NaN : Number(seconds) * 1000
  return Number.isFinite(asked) && asked >= 0 ? asked : undefined
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.constructor.name === 'APIConnectionTimeoutError')
}

/** The innermost message: the HTTP client hides the reason behind `fetch failed`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return error.message === '' ? ('code' in error ? String(error.code) : error.name) : error.message
}

type NetworkError = { readonly code?: unknown; readonly syscall?: unknown; readonly cause?: unknown; readonly errors?: unknown }

/** True when it is certain that nothing of the request left this machine. */
function wasNeverSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, syscall, cause, errors } = error as NetworkError
  if (/^(?:connect|getaddrinfo)$/.test(String(syscall)) || code === 'UND_ERR_CONNECT_TIMEOUT') return true
  if (Array.isArray(errors) && errors.length > 0 && errors.every(wasNeverSent)) return true
  return wasNeverSent(cause)
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>)
}
