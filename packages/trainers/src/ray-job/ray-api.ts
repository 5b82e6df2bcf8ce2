import { type CallOptions, SediError } from '@sedi/spec'
import * as z from 'zod'
import { withRetries } from '../remote/with-retries.ts'
import { type PlainReply, plainRequest } from './plain-request.ts'

/** What is asked of the cluster; keys as Ray's Jobs API names them. */
export type RayJobRequest = {
  readonly submission_id: string
  /** A line for the node's shell. */
  readonly entrypoint: string
  readonly runtime_env?: Readonly<Record<string, unknown>> | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  readonly entrypoint_num_cpus?: number | undefined
  readonly entrypoint_num_gpus?: number | undefined
  /** Bytes. */
  readonly entrypoint_memory?: number | undefined
  readonly entrypoint_resources?: Readonly<Record<string, number>> | undefined
}

const jobSchema = z
  .object({
    /** PENDING, RUNNING, STOPPED, SUCCEEDED, FAILED; a later Ray may have others. */
    status: z.string(),
    message: z.string().nullish(),
    error_type: z.string().nullish(),
    driver_exit_code: z.int().nullish(),
    /** Milliseconds since 1970, by the cluster's clock. */
    end_time: z.number().nullish(),
  })
  .transform(({ status, message, error_type, driver_exit_code, end_time }) => ({
    status,
    message: message ?? '',
    errorType: error_type ?? undefined,
    exitCode: driver_exit_code ?? undefined,
    endedAt: end_time ?? undefined,
  }))

/** What the cluster says of a job. */
export type RayJob = z.output<typeof jobSchema>

export type RayApi = {
  /** Idempotent by `submission_id`: an id that the cluster knows already is the same job. */
  submit(request: RayJobRequest, call?: CallOptions): Promise<void>
  /** Undefined: the cluster does not know it (any more). */
  find(id: string, call?: CallOptions): Promise<RayJob | undefined>
  /** Fire and forget: a running job ends within seconds, a pending one as soon as it would begin. */
  stop(id: string, call?: CallOptions): Promise<void>
}

export type RayApiSettings = {
  /** Of the dashboard: `http://127.0.0.1:8265`. */
  readonly address: string
  /** Where the cluster asks for one. */
  readonly token?: string | undefined
  /** Between attempts at what may be tried again, in milliseconds. */
  readonly pausesMs?: readonly number[] | undefined
}

const timeoutMs = 30_000
const usualPausesMs: readonly number[] = [500, 1000, 2000, 4000, 8000]

/**
 * Ray's Jobs API, as of Ray 2.60 (its own `dashboard/modules/job`). What may come right by itself is tried again for some 15 seconds: the head
 * does not answer, or answers with 5xx, as while it has “No available agent”.
 */
export function createRayApi({ address, token, pausesMs = usualPausesMs }: RayApiSettings): RayApi {
  const base = address.replace(/\/+$/, '')
  const secrets = token === undefined ? [] : [token]
  const failure = (code: ConstructorParameters<typeof SediError>[0], message: string, retryable = false, cause?: unknown): SediError =>
    new SediError(code, message, { retryable, secrets, cause, details: { address: base } })

  async function ask(method: string, path: string, { signal }: CallOptions, value?: unknown): Promise<PlainReply> {
    const limit = AbortSignal.timeout(timeoutMs)
    const headers = {
      ...(value === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const body = value === undefined ? undefined : JSON.stringify(value)
    try {
      return await plainRequest(`${base}${path}`, { method, headers, body, signal: signal === undefined ? limit : AbortSignal.any([signal, limit]) })
    } catch (cause) {
      if (signal?.aborted) throw new SediError('aborted', 'The call to the Ray cluster was aborted.', { cause })
      throw failure('provider-response', `The Ray cluster cannot be reached at ${base}: ${reasonOf(cause)}. ${unreachable}`, true, cause)
    }
  }

  /** Everything that is neither success nor an answer the caller understands. */
  function refusal({ status, text }: PlainReply): SediError {
    const said = lastLineOf(text)
    if (status === 401) {
      const how = 'Set the environment variable RAY_AUTH_TOKEN (on the head, “ray get-auth-token” prints it).'
      return failure(
        'missing-credential',
        `The Ray cluster at ${base} asks for a token${token === undefined ? '' : ' and does not see the one it was sent'}. ${how}`,
      )
    }
    if (status === 403) return failure('invalid-credential', `The Ray cluster at ${base} refuses the token in RAY_AUTH_TOKEN (403): ${said}`)
    if (status >= 500 || status === 429 || status === 408) return failure('provider-response', `The Ray cluster at ${base} answered ${status}: ${said}`, true)
    if (status === 400) return failure('invalid-config', `The Ray cluster at ${base} refuses the job (400): ${said}`)
    return failure('provider-response', `Expected Ray’s Jobs API at ${base}, got ${status}: ${said}. Set trainer.address to the address of its dashboard.`)
  }

  function readJob({ text }: PlainReply): RayJob {
    const parsed = jobSchema.safeParse(parseJson(text))
    if (parsed.success) return parsed.data
    const got = JSON.stringify(text.slice(0, 120))
    throw failure('provider-response', `Expected a job of Ray’s Jobs API from ${base}, got ${got}. Is trainer.address that of its dashboard?`)
  }

  const again = <Result>(attempt: () => Promise<Result>, { signal }: CallOptions): Promise<Result> => withRetries(attempt, { pausesMs, signal })

  return {
    submit: (request, call = {}) =>
      again(async () => {
        const reply = await ask('POST', '/api/jobs/', call, request)
        if (!isOk(reply) && !isKnown(reply)) throw refusal(reply)
      }, call),

    find: (id, call = {}) =>
      again(async () => {
        const reply = await ask('GET', `/api/jobs/${encodeURIComponent(id)}`, call)
        if (isOk(reply)) return readJob(reply)
        if (isUnknown(reply)) return undefined
        throw refusal(reply)
      }, call),

    stop: (id, call = {}) =>
      again(async () => {
        const reply = await ask('POST', `/api/jobs/${encodeURIComponent(id)}/stop`, call)
        if (!isOk(reply) && !isUnknown(reply)) throw refusal(reply)
      }, call),
  }
}

const isOk = ({ status }: PlainReply): boolean => status === 200

const unreachable = 'Is the head up and trainer.address that of its dashboard? A job that was submitted goes on; sedi resume finds it.'

/** The head wraps its agent's 400 into a traceback with status 500. */
const isKnown = ({ text }: PlainReply): boolean => /submission_id .* already exists/.test(text)

/** Another server's 404 is not word of a job. */
const isUnknown = ({ status, text }: PlainReply): boolean => status === 404 && /^Job .* does not exist/.test(text)

/** Of a traceback, the last line says what is wrong. */
const lastLineOf = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .findLast((line) => /\w/.test(line))
    ?.slice(0, 300) ?? '(no words)'

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  return error.message === '' ? String((error as NodeJS.ErrnoException).code ?? error.name) : error.message
}
