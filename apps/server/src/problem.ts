import { type ErrorCode, type Issue, SediError, toSediError } from '@sedi/spec'
import * as z from 'zod'
import { httpStatusOf } from './http-status.ts'

/** An error whose HTTP status is another than its code's usual one: what is wrong with the request itself, not with what it asked for. */
export class Refusal extends Error {
  readonly status: number
  readonly error: SediError
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.error = new SediError(code, message)
    this.headers = headers
  }
}

const errorCodes = Object.keys(httpStatusOf) as [ErrorCode, ...ErrorCode[]]

export const problemSchema = z
  .object({
    type: z.string().meta({ description: '`urn:sedi:problem:` and the code.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What was expected, what came, what to do.' }),
    code: z.enum(errorCodes),
    issues: z
      .array(z.object({ path: z.string(), code: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Everything that is wrong with a configuration or data, at once.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' })

export type Problem = z.output<typeof problemSchema>

/** Headers go with a refusal: `Retry-After`, `Allow`, `WWW-Authenticate`. */
export type Answered = { readonly problem: Problem; readonly headers: Readonly<Record<string, string>> }

/** RFC 9457 for anything thrown. What went wrong in our own code is not told to who asked. */
export function problemOf(thrown: unknown): Answered {
  if (thrown instanceof Refusal) return { problem: problem(thrown.status, thrown.error), headers: thrown.headers }
  const foreign = refusedByParser(thrown)
  if (foreign !== undefined) return problemOf(foreign)
  const error = toSediError(thrown)
  if (error.code === 'internal')
    return { problem: problem(500, new SediError('internal', 'Something went wrong in the server; its log says what. This is a defect in SeDi.')), headers: {} }
  return { problem: problem(httpStatusOf[error.code], error), headers: {} }
}

function problem(status: number, { code, message, issues }: SediError): Problem {
  const listed: readonly Issue[] = issues
  return {
    type: `urn:sedi:problem:${code}`,
    title: titles[code],
    status,
    detail: message,
    code,
    ...(listed.length === 0 ? {} : { issues: listed.map(({ path, code, message }) => ({ path, code, message })) }),
  }
}

/** What express and its body parser throw: `status`, and a `type` from the parser. */
function refusedByParser(thrown: unknown): Refusal | undefined {
  if (typeof thrown !== 'object' || thrown === null || SediError.is(thrown)) return undefined
  const { status, type, limit } = thrown as { readonly status?: unknown; readonly type?: unknown; readonly limit?: unknown }
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined
  if (type === 'entity.too.large') return new Refusal(413, 'invalid-input', `The body is larger than the ${String(limit)} bytes taken here.`)
  if (type === 'entity.parse.failed') return new Refusal(400, 'invalid-input', 'The body is not JSON. Send one JSON object.')
  if (status === 415) return new Refusal(415, 'invalid-input', 'The body’s encoding is not taken here. Send UTF-8, uncompressed or gzip.')
  return new Refusal(status, 'invalid-input', 'The request cannot be read: its address or body is malformed.')
}

const titles: Readonly<Record<ErrorCode, string>> = {
  'invalid-config': 'The configuration cannot be used',
  'invalid-input': 'The request or its data cannot be used',
  unsupported: 'This is not supported',
  'missing-credential': 'A key or token is missing',
  'invalid-credential': 'Not allowed',
  'missing-dependency': 'A package is missing on the server',
  'not-found': 'There is no such thing here',
  conflict: 'It is in the way of something else',
  aborted: 'It was interrupted',
  'budget-exhausted': 'The budget is used up',
  'rate-limited': 'Too many requests',
  'quota-exhausted': 'The provider’s quota is used up',
  'provider-response': 'The provider’s answer cannot be used',
  'context-length': 'Too long for the model',
  'output-truncated': 'The model’s answer was cut off',
  'content-refused': 'The provider refused the content',
  timeout: 'It took too long',
  storage: 'The store cannot be read or written',
  internal: 'Something went wrong in the server',
}
