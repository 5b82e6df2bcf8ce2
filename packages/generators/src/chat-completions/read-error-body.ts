/** What a refusal says, whatever envelope it came in. */
export type ErrorWords = {
  readonly message: string
  readonly code?: string | number | undefined
  readonly type?: string | undefined
  /** The field of the request it is about. */
  readonly param?: string | undefined
  /** One entry per field, of servers that list them (FastAPI). */
  readonly fields?: readonly { readonly param: string; readonly code: string; readonly message: string }[] | undefined
  /** Whatever else came with it. */
  readonly metadata?: unknown
}

/**
 * Reads the body of an error: OpenAI's `{ error: { message, type, param, code } }`, the same without the envelope (Mistral, older vLLM), a bare
 * text in it (Ollama), FastAPI's `{ detail }`, a list of one (Google), an HTML page. Never throws.
 */
export function readErrorBody(body: string): ErrorWords {
  try {
    return wordsOf(JSON.parse(body))
  } catch {
    return { message: body }
  }
}

/** The same of a body that is parsed already. */
export function wordsOf(value: unknown): ErrorWords {
  if (typeof value === 'string') return textWords(value)
  if (Array.isArray(value)) return value.length === 0 ? { message: '[]' } : wordsOf(value[0])
  if (!isRecord(value)) return { message: JSON.stringify(value) ?? '' }
  if (value.error !== undefined && value.error !== null) return wordsOf(value.error)
  if (value.detail !== undefined) return detailWords(value.detail, value)
  const { message } = value
  // Mistral puts FastAPI's list into the message, as it is or as text.
  if (isRecord(message) || Array.isArray(message)) return detailWords(isRecord(message) ? (message.detail ?? message) : message, value)
  const passedOn = isRecord(value.metadata) ? value.metadata.raw : undefined
  // OpenRouter: “Provider returned error”, and what the host behind it said.
  if (typeof passedOn === 'string' && passedOn !== '') {
    const inner = textWords(passedOn)
    return { ...labels(value), ...inner, message: `${String(message)}: ${inner.message}` }
  }
  if (typeof message === 'string') return { ...labels(value), ...textWords(message) }
  return { ...labels(value), message: JSON.stringify(value) }
}

/** Some wrap the answer of whoever stands behind them as text. */
function textWords(text: string): ErrorWords {
  if (!/^\s*[{[]/.test(text)) return { message: text }
  try {
    return wordsOf(JSON.parse(text))
  } catch {
    return { message: text }
  }
}

function detailWords(detail: unknown, envelope: Record<string, unknown>): ErrorWords {
  if (!Array.isArray(detail)) return { ...labels(envelope), ...wordsOf(detail) }
  const fields = detail.filter(isRecord).map(({ loc, msg, type }) => ({
    param: Array.isArray(loc) ? loc.filter((part) => part !== 'body').join('.') : '',
    code: String(type ?? ''),
    message: String(msg ?? ''),
  }))
  const message = fields.map((field) => `${field.param}: ${field.message}`).join('; ')
  return { ...labels(envelope), message: message === '' ? JSON.stringify(detail) : message, fields }
}

function labels({ code, type, param, metadata }: Record<string, unknown>): Omit<ErrorWords, 'message'> {
  return {
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof param === 'string' ? { param } : {}),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
