import { type CallOptions, type FinishReason, type GenerateRequest, type GenerateResult, SediError } from '@sedi/spec'
import type { Together } from 'together-ai'
import type { FineTuningCreateParams } from 'together-ai/resources/fine-tuning'
import * as z from 'zod'
import { type ServiceContext, serviceError, unexpectedReply } from '../remote/sdk-error.ts'

export type TogetherConnection = {
  readonly apiKey: string
  readonly baseUrl: string
  /** Of each request. */
  readonly timeoutMs: number
}

/** What a job is made with. A job goes on from a checkpoint or starts from a model; both together are refused. */
export type JobRequest = Omit<FineTuningCreateParams, 'model'> & { readonly model?: string | undefined }

const limitsSchema = z.object({
  max_learning_rate: z.number(),
  min_learning_rate: z.number(),
  max_seq_length_sft: z.number(),
  min_max_seq_length: z.number().default(1),
  supports_full_training: z.boolean().default(true),
  lora_training: z.object({ max_batch_size: z.number(), min_batch_size: z.number(), max_rank: z.number() }).nullish(),
  full_training: z.object({ max_batch_size: z.number(), min_batch_size: z.number() }).nullish(),
})
export type ModelLimits = z.output<typeof limitsSchema>

const estimateSchema = z.object({
  estimation_available: z.boolean().default(true),
  allowed_to_proceed: z.boolean().optional(),
  estimated_total_price: z.number().optional(),
  user_limit: z.number().optional(),
})
/** In dollars. */
export type Estimate = z.output<typeof estimateSchema>

const fileSchema = z.object({
  id: z.string(),
  filename: z.string().optional(),
  processing_status: z.string().nullish(),
  validation_report: z.object({ error: z.string().nullish() }).nullish(),
})
export type RemoteFile = z.output<typeof fileSchema>

const jobSchema = z.object({
  id: z.string(),
  /** The documented ones, and whatever else may come. */
  status: z.string(),
  suffix: z.string().nullish(),
  training_file: z.string().nullish(),
  model_output_name: z.string().nullish(),
  /** Nanodollars. Source: `finetune_price_to_dollars` of Together's Python SDK. */
  total_price: z.number().nullish(),
})
export type RemoteJob = z.output<typeof jobSchema>

const eventSchema = z.object({ type: z.string().default(''), level: z.string().nullish(), message: z.string().default('') })
export type RemoteEvent = z.output<typeof eventSchema>

/** A row of figures as it came: keys like `train/loss`; a value that is no finite number may be null or a string. */
export type MetricRow = Readonly<Record<string, unknown>>

const chatSchema = z.object({
  model: z.string().optional(),
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }), finish_reason: z.string().nullish() })).min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
})

/** Together's API, one attempt for each call. Throws SediError, as `serviceError` says. */
export type TogetherService = {
  /** The new file's id. */
  uploadFile(name: string, jsonLines: string, call?: CallOptions): Promise<string>
  listFiles(call?: CallOptions): Promise<readonly RemoteFile[]>
  file(id: string, call?: CallOptions): Promise<RemoteFile>
  modelLimits(model: string, call?: CallOptions): Promise<ModelLimits>
  estimatePrice(request: JobRequest, call?: CallOptions): Promise<Estimate>
  createJob(request: JobRequest, call?: CallOptions): Promise<RemoteJob>
  listJobs(call?: CallOptions): Promise<readonly RemoteJob[]>
  job(id: string, call?: CallOptions): Promise<RemoteJob>
  cancelJob(id: string, call?: CallOptions): Promise<void>
  events(id: string, call?: CallOptions): Promise<readonly RemoteEvent[]>
  /** Rows of steps `from` to `to`, both included. */
  metrics(id: string, from: number, to: number, call?: CallOptions): Promise<readonly MetricRow[]>
  chat(model: string, request: GenerateRequest, call?: CallOptions): Promise<GenerateResult>
}

export const keyVariable = 'TOGETHER_API_KEY'

/** Connects through the official SDK, which is imported here and nowhere else. */
export async function connectTogether({ apiKey, baseUrl, timeoutMs }: TogetherConnection): Promise<TogetherService> {
  const sdk = await import('together-ai').catch((cause: unknown) => {
    throw new SediError('missing-dependency', 'The trainer “together” needs the package together-ai. Install it with: npm install together-ai@0.52.0', {
      cause,
    })
  })
  // `projectID` and `logLevel` are given so that the environment does not decide them.
  const client = new sdk.Together({ apiKey, baseURL: baseUrl, maxRetries: 0, timeout: timeoutMs, logLevel: 'off', projectID: null })
  const context: ServiceContext = { trainer: 'together', host: new URL(baseUrl).host, keyVariable, secrets: [apiKey] }

  type RequestOptions = { readonly signal: AbortSignal }
  async function ask<Result>(doing: string, call: CallOptions, request: (options: RequestOptions) => PromiseLike<unknown>, read: z.ZodType<Result>) {
    // The SDK's own time-out ends with the headers; a body may stall too.
    const timeout = AbortSignal.timeout(timeoutMs)
    try {
      const raw = await request({ signal: call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]) })
      const parsed = read.safeParse(raw)
      if (parsed.success) return parsed.data
      throw unexpectedReply(`what Together documents (${doing})`, raw, context)
    } catch (error) {
      const aborted = call.signal?.aborted === true
      throw serviceError(timeout.aborted && !aborted ? timeout.reason : error, doing, context, aborted)
    }
  }

  return {
    uploadFile: async (name, jsonLines, call = {}) =>
      (await ask('take a file', call, (options) => client.post('/files/upload', { body: uploadForm(name, jsonLines), ...options }), fileSchema)).id,
    listFiles: async (call = {}) => (await ask('list files', call, (options) => client.files.list(options), z.object({ data: z.array(fileSchema) }))).data,
    file: (id, call = {}) => ask('describe a file', call, (options) => client.files.retrieve(id, options), fileSchema),
    modelLimits: (model, call = {}) =>
      ask(`say how ${model} may be trained`, call, (options) => client.fineTuning.modelLimits({ model_name: model }, options), limitsSchema),
    estimatePrice: ({ model, training_file, n_epochs, from_checkpoint, training_method, training_type }, call = {}) => {
      const body = { model, training_file, n_epochs, from_checkpoint, training_method, training_type } as Together.FineTuningEstimatePriceParams
      return ask('estimate the price of a job', call, (options) => client.fineTuning.estimatePrice(body, options), estimateSchema)
    },
    // The SDK's type demands a model beside a checkpoint; the service takes one of them.
    createJob: (request, call = {}) => ask('begin a job', call, (options) => client.fineTuning.create(request as FineTuningCreateParams, options), jobSchema),
    listJobs: async (call = {}) => (await ask('list jobs', call, (options) => client.fineTuning.list(options), z.object({ data: z.array(jobSchema) }))).data,
    job: (id, call = {}) => ask(`say how job ${id} stands`, call, (options) => client.fineTuning.retrieve(id, options), jobSchema),
    async cancelJob(id, call = {}) {
      await ask(`cancel job ${id}`, call, (options) => client.fineTuning.cancel(id, options), z.unknown())
    },
    events: async (id, call = {}) =>
      (await ask(`tell the events of job ${id}`, call, (options) => client.fineTuning.listEvents(id, options), z.object({ data: z.array(eventSchema) }))).data,
    async metrics(id, from, to, call = {}) {
      const query = { global_step_from: from, global_step_to: to }
      const request = async (options: RequestOptions): Promise<unknown> =>
        parseFigures(await (await client.fineTuning.listMetrics(id, query, options).asResponse()).text())
      return (
        (await ask(`tell the figures of job ${id}`, call, request, z.object({ metrics: z.array(z.record(z.string(), z.unknown())).nullish() }))).metrics ?? []
      )
    },
    async chat(model, { messages, maxOutputTokens, temperature, topP, stop, seed }, call = {}) {
      const body = {
        model,
        messages: [...messages],
        max_tokens: maxOutputTokens,
        temperature,
        top_p: topP,
        seed,
        ...(stop === undefined ? {} : { stop: [...stop] }),
      }
      const raw = await ask(`answer as ${model}`, call, (options) => client.chat.completions.create(body as never, options), chatSchema)
      const [{ message, finish_reason: reason }] = raw.choices as [(typeof raw.choices)[number]]
      return {
        text: message.content ?? '',
        finishReason: finishReasons.get(reason ?? '') ?? 'other',
        usage: raw.usage == null ? {} : { inputTokens: raw.usage.prompt_tokens, outputTokens: raw.usage.completion_tokens },
        modelId: raw.model ?? model,
        warnings: [],
        raw,
      }
    },
  }
}

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ['stop', 'stop'],
  ['eos', 'stop'],
  ['length', 'length'],
])

/** The SDK's own `files.upload` sends key and data to a fixed address, whatever the client's is, and names the file with its local path. */
function uploadForm(name: string, jsonLines: string): FormData {
  const form = new FormData()
  form.set('purpose', 'fine-tune')
  form.set('file_name', name)
  form.set('file_type', 'jsonl')
  form.set('file', new Blob([jsonLines], { type: 'application/jsonl' }), name)
  return form
}

/** JSON in which a bare NaN or Infinity may stand, as Python writes it; either becomes null. */
function parseFigures(text: string): unknown {
  return JSON.parse(text.replace(/:\s*(?:NaN|-?Infinity)(?=\s*[,}])/g, ':null'))
}
