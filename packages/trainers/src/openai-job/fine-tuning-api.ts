import { type CallOptions, SediError } from '@sedi/spec'
import type OpenAI from 'openai'
import * as z from 'zod'
import { type ServiceContext, serviceError, unexpectedReply } from '../remote/sdk-error.ts'
import { parseReply } from './parse-reply.ts'

export type ApiOptions = {
  readonly baseUrl: string
  readonly apiKey: string | undefined
  readonly organization: string | undefined
  /** Longest wait for one answer, its body included; an upload may take ten times as long. */
  readonly timeoutMs: number
}

/** A job as the service describes it, in our words. */
export type ServiceJob = {
  readonly id: string
  /** In the service's words. */
  readonly status: string
  readonly fineTunedModel: string | undefined
  readonly trainedTokens: number | undefined
  readonly resultFiles: readonly string[]
  readonly error: { readonly code: string; readonly message: string } | undefined
  readonly trainingFile: string | undefined
  readonly suffix: string | undefined
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAtMs: number | undefined
}

/** An event that tells of a step; `loss` is NaN where the service says that it is not a number. */
export type StepEvent = { readonly id: string; readonly step: number; readonly loss: number }

export type NewJob = {
  readonly model: string
  readonly trainingFile: string
  readonly suffix: string
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly seed: number
  readonly hyperparameters: { readonly n_epochs: number; readonly batch_size: number; readonly learning_rate_multiplier: number | 'auto' }
  /** Where they stand: `method.supervised.hyperparameters`, or as before there were methods. */
  readonly hyperparametersAt: 'method' | 'top-level'
}

/** Files, fine-tuning jobs and chat in OpenAI's wire format, through the official SDK. Every call is one attempt and throws SediErrors. */
export interface FineTuningApi {
  readonly context: ServiceContext
  /** Longest a request may be on its way. */
  readonly timeoutMs: number
  /** Returns the file's id. */
  upload(name: string, content: string, call?: CallOptions): Promise<string>
  create(job: NewJob, call?: CallOptions): Promise<ServiceJob>
  /** Undefined: the service does not know it (404). */
  job(id: string, call?: CallOptions): Promise<ServiceJob | undefined>
  /** Newest first, page by page as far as it is read. */
  jobs(call?: CallOptions): AsyncGenerator<ServiceJob>
  /** Ends a job; what it answers is of no interest, the job's state is. */
  cancel(id: string, call?: CallOptions): Promise<void>
  /** Newest first. */
  stepEvents(id: string, call?: CallOptions): AsyncGenerator<StepEvent>
  fileText(id: string, call?: CallOptions): Promise<string>
  chat(body: Readonly<Record<string, unknown>>, call?: CallOptions): Promise<unknown>
}

/** Makes the client; nothing is sent. Throws `missing-dependency` and `invalid-credential`. */
export async function connectFineTuning({ baseUrl, apiKey = placeholderKey, organization, timeoutMs }: ApiOptions): Promise<FineTuningApi> {
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new SediError('invalid-credential', `openai: the key in ${keyVariable} (option apiKey) contains spaces or characters outside ASCII. Copy it again.`)
  }
  const client = await createClient(baseUrl, apiKey, organization)
  const context = { trainer: 'openai', host: new URL(baseUrl).host, keyVariable, secrets: apiKey === placeholderKey ? [] : [apiKey] }

  /** One request: its answer's text, whatever it says; an error's words are the SDK's to read. */
  async function ask(doing: string, request: (signal: AbortSignal) => PromiseLike<Response>, call: CallOptions, patience = 1): Promise<string> {
    const timeout = AbortSignal.timeout(timeoutMs * patience)
    const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal])
    try {
      return await (await request(signal)).text()
    } catch (error) {
      const reason = timeout.aborted && call.signal?.aborted !== true ? timeout.reason : error
      throw serviceError(statusIn(error) ? error : reason, doing, context, call.signal?.aborted)
    }
  }
  const read = <Schema extends z.ZodType>(schema: Schema, expected: string, text: string): z.output<Schema> => {
    const value = parseReply(text)
    const parsed = schema.safeParse(value)
    if (!parsed.success) throw unexpectedReply(expected, value, context)
    return parsed.data
  }
  const { fineTuning, files, chat } = client

  /** Pages of a list until the service says that there are no more; a cursor that leads in a circle ends it too. */
  async function* pages<Schema extends z.ZodType<{ readonly id: string }>>(
    schema: Schema,
    what: string,
    request: (query: { limit: number; after?: string }, signal: AbortSignal) => PromiseLike<Response>,
    call: CallOptions,
  ): AsyncGenerator<z.output<Schema>> {
    const seen = new Set<string>()
    for (let after: string | undefined; ; ) {
      const query = { limit: pageSize, ...(after === undefined ? {} : { after }) }
      const text = await ask(`list ${what}`, (signal) => request(query, signal), call)
      const { data, has_more: hasMore } = read(z.looseObject({ data: z.array(schema), has_more: z.boolean().nullish() }), `a list of ${what}`, text)
      const fresh = data.filter(({ id }) => !seen.has(id))
      for (const one of fresh) {
        seen.add(one.id)
        yield one
      }
      if (fresh.length === 0 || hasMore === false || (hasMore !== true && data.length < pageSize)) return
      after = data.at(-1)!.id
    }
  }

  return {
    context,
    timeoutMs,
    async upload(name, content, call = {}) {
      const file = new File([content], name, { type: 'application/jsonl' })
      const text = await ask('upload the training file', (signal) => files.create({ file, purpose: 'fine-tune' }, { signal }).asResponse(), call, 10)
      return read(z.looseObject({ id: z.string().min(1) }), 'a file', text).id
    },
    async create(job, call = {}) {
      // The name again as a header: services that know it make one job of two requests.
      const headers = { 'Idempotency-Key': job.suffix }
      const body = createBody(job) as unknown as OpenAI.FineTuning.JobCreateParams
      return jobOf(read(jobSchema, 'a job', await ask('create the job', (signal) => fineTuning.jobs.create(body, { signal, headers }).asResponse(), call)))
    },
    async job(id, call = {}) {
      try {
        return jobOf(read(jobSchema, 'a job', await ask(`look at job ${id}`, (signal) => fineTuning.jobs.retrieve(id, { signal }).asResponse(), call)))
      } catch (error) {
        if (SediError.is(error) && error.details.status === 404) return undefined
        throw error
      }
    },
    async *jobs(call = {}) {
      const list = pages(jobSchema, 'jobs', (query, signal) => fineTuning.jobs.list(query, { signal }).asResponse(), call)
      for await (const job of list) yield jobOf(job)
    },
    async cancel(id, call = {}) {
      await ask(`cancel job ${id}`, (signal) => fineTuning.jobs.cancel(id, { signal }).asResponse(), call)
    },
    async *stepEvents(id, call = {}) {
      const list = pages(eventSchema, 'events', (query, signal) => fineTuning.jobs.listEvents(id, query, { signal }).asResponse(), call)
      for await (const { id: eventId, type, data } of list) {
        if (type !== 'metrics' || data === null || data === undefined || typeof data.step !== 'number' || !('train_loss' in data)) continue
        yield { id: eventId, step: data.step, loss: lossIn(data.train_loss) }
      }
    },
    fileText: (id, call = {}) => ask(`fetch file ${id}`, (signal) => files.content(id, { signal }).asResponse(), call),
    async chat(body, call = {}) {
      const params = body as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming
      return parseReply(await ask('ask the model', (signal) => chat.completions.create(params, { signal }).asResponse(), call))
    },
  }
}

export const keyVariable = 'OPENAI_API_KEY'
/** The SDK insists on a key; servers without one ignore it. */
const placeholderKey = 'no-key'
const pageSize = 100

async function createClient(baseURL: string, apiKey: string, organization: string | undefined): Promise<OpenAI> {
  const { OpenAI } = await import('openai').catch((cause: unknown) => {
    throw new SediError('missing-dependency', 'openai: the package openai is not installed. Run: npm install openai@^7.55.0', { cause })
  })
  return new OpenAI({
    ...{ apiKey, baseURL, maxRetries: 0, logLevel: 'off' as const },
    // null, not undefined: the SDK would otherwise read the environment.
    ...{ organization: organization ?? null, project: null, adminAPIKey: null },
    // A redirected POST takes training data and key to another host; a file's content may well lie elsewhere.
    fetch: (input, init) => fetch(input, { ...init, redirect: (init?.method ?? 'GET').toUpperCase() === 'GET' ? 'follow' : 'manual' }),
  })
}

function createBody({ model, trainingFile, suffix, metadata, seed, hyperparameters, hyperparametersAt }: NewJob): object {
  const base = { model, training_file: trainingFile, suffix, seed, ...(metadata === undefined ? {} : { metadata }) }
  if (hyperparametersAt === 'top-level') return { ...base, hyperparameters }
  return { ...base, method: { type: 'supervised', supervised: { hyperparameters } } }
}

const jobSchema = z.looseObject({
  id: z.string().min(1),
  status: z.string(),
  fine_tuned_model: z.string().nullish(),
  trained_tokens: z.number().nullish(),
  result_files: z.array(z.union([z.string(), z.looseObject({ id: z.string() })])).nullish(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish(), param: z.string().nullish() }).nullish(),
  training_file: z.string().nullish(),
  user_provided_suffix: z.string().nullish(),
  suffix: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  created_at: z.number().nullish(),
})

function jobOf(job: z.output<typeof jobSchema>): ServiceJob {
  const { message, code, param } = job.error ?? {}
  return {
    id: job.id,
    status: job.status,
    fineTunedModel: job.fine_tuned_model || undefined,
    trainedTokens: job.trained_tokens ?? undefined,
    resultFiles: (job.result_files ?? []).map((file) => (typeof file === 'string' ? file : file.id)).filter((id) => id !== ''),
    // Jobs without an error have {} here.
    error:
      !message && !code ? undefined : { code: code || 'failed', message: `${(message || 'no reason given').replace(/\.$/, '')}${param ? ` [${param}]` : ''}` },
    trainingFile: job.training_file ?? undefined,
    suffix: job.user_provided_suffix ?? job.suffix ?? undefined,
    metadata: job.metadata ?? {},
    createdAtMs: job.created_at === null || job.created_at === undefined ? undefined : job.created_at * 1000,
  }
}

const eventSchema = z.looseObject({ id: z.string(), type: z.string().nullish(), data: z.record(z.string(), z.unknown()).nullish() })

/** NaN where it says something that is no number; services in Python write NaN, null or "nan". */
const lossIn = (value: unknown): number => (typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN)

const statusIn = (error: unknown): boolean => error instanceof Error && 'status' in error && typeof error.status === 'number'
