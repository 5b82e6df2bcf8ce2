/** Every way SeDi can fail, for machines. The set is closed: the CLI's exit codes and the server's HTTP statuses are exhaustive tables over it. */
export type ErrorCode =
  | 'invalid-config'
  | 'invalid-input'
  | 'missing-credential'
  | 'invalid-credential'
  | 'missing-dependency'
  | 'unsupported'
  | 'provider-response'
  | 'rate-limited'
  | 'quota-exhausted'
  | 'context-length'
  | 'output-truncated'
  | 'content-refused'
  | 'timeout'
  | 'aborted'
  | 'not-found'
  | 'conflict'
  | 'budget-exhausted'
  | 'storage'
  | 'internal'

/** One thing wrong with a config or a data set; lists of these let people fix everything in one pass. */
export type Issue = {
  /** Where: `filter.threshold`, or `seeds.jsonl:12`. */
  readonly path: string
  readonly code: string
  readonly message: string
}

export type SediErrorOptions = {
  readonly retryable?: boolean | undefined
  /** Plain JSON, safe to store and to show. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
  /** Values that must not appear in the message (an API key); replaced while the error is built. */
  readonly secrets?: readonly string[] | undefined
}

const marker = Symbol.for('sedi.error')

/**
 * The one error class. The message says what was expected, what came, and what to do.
 * Secrets are removed here, when the error is built, so no later reader has to remember to.
 */
export class SediError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly details: Readonly<Record<string, unknown>>
  readonly [marker] = true

  constructor(code: ErrorCode, message: string, options: SediErrorOptions = {}) {
    super(redact(message, options.secrets))
    this.name = 'SediError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.details = redactDetails(options.details ?? {}, options.secrets)
    const cause = safeCause(options.cause, options.secrets)
    if (cause !== undefined) Object.defineProperty(this, 'cause', { value: cause, enumerable: false })
  }

  /** True for a SediError of any installed copy of this package, optionally of one code. */
  static is(error: unknown, code?: ErrorCode): error is SediError {
    if (typeof error !== 'object' || error === null || !(marker in error)) return false
    return code === undefined || (error as SediError).code === code
  }

  /** The issues of an `invalid-config` or `invalid-input` error; empty when it carries none. */
  get issues(): readonly Issue[] {
    return Array.isArray(this.details.issues) ? (this.details.issues as Issue[]) : []
  }
}

/** Normalises anything thrown: a SediError stays itself, everything else becomes `internal`. */
export function toSediError(error: unknown): SediError {
  if (SediError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new SediError('internal', `Unexpected failure: ${message}`, { cause: error })
}

/** An error that lists issues; the message is the list, one per line. */
export function issuesError(code: 'invalid-config' | 'invalid-input', title: string, issues: readonly Issue[]): SediError {
  const lines = issues.map((issue) => `  ${issue.path}: ${issue.message}`)
  return new SediError(code, [title, ...lines].join('\n'), { details: { issues } })
}

// Key shapes of the providers we know: OpenAI and its imitators (sk-…), Hugging Face (hf_…), Groq (gsk_…), any bearer header.
const keyShapes = /\b(?:sk|gsk|hf|pk|rk|key)[-_][A-Za-z0-9_-]{8,}|\bBearer\s+[^\s"',;]+/g
const removed = '[removed]'

/** Removes given secrets and anything shaped like an API key from a text. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text
  for (const secret of secrets) {
    if (secret.length >= 4) clean = clean.split(secret).join(removed)
  }
  return clean.replace(keyShapes, removed)
}

/** Text by text: in JSON a secret may look different, because quotes, backslashes and line ends are escaped there. */
function redactDetails(details: Readonly<Record<string, unknown>>, secrets: readonly string[] | undefined): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(details), (_, value: unknown) => {
    if (typeof value === 'string') return redact(value, secrets)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [redact(key, secrets), inner]))
  })
}

/** A foreign error may carry request headers; only its redacted name, message and stack are kept. */
function safeCause(cause: unknown, secrets: readonly string[] | undefined): Error | undefined {
  if (cause === undefined) return undefined
  if (SediError.is(cause)) return cause
  const source = cause instanceof Error ? cause : new Error(String(cause))
  const copy = new Error(redact(source.message, secrets))
  copy.name = source.name
  copy.stack = redact(source.stack ?? '', secrets)
  return copy
}
