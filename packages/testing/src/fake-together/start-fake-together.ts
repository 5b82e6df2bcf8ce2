import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { jsonReply, type Reply } from '../fake-provider/reply.ts'
import { sendReply } from '../fake-provider/send-reply.ts'
import { type BigramModel, newModel } from './bigram-model.ts'
import { type CreateBody, findProblem, limitsOf, readTrainingFile, type TrainingRow, tokensIn } from './check-request.ts'
import type { TogetherEndpoint, TogetherFault, TogetherScenario } from './scenarios.ts'
import { isOver, type TogetherJob, trainJob } from './train-job.ts'

export type FakeTogetherOptions = {
  /** The key clients must send. Default: anyone may ask. */
  readonly apiKey?: string | undefined
  /** The model that may be fine-tuned. @default 'base/model-1' */
  readonly baseModel?: string | undefined
  /** How long the queue, each step, compressing and uploading take. @default 5, 2, 5 */
  readonly queueMs?: number | undefined
  readonly msPerStep?: number | undefined
  readonly finishMs?: number | undefined
  /** How late figures come in the scenario in which they do. @default 100 */
  readonly lateMs?: number | undefined
  /** How long a new job is missing from the list of jobs. @default 0 */
  readonly listLagMs?: number | undefined
  /** @default 480 */
  readonly nanoUsdPerToken?: number | undefined
  /** What happens to the first jobs, one entry each; a file that is refused takes one too. */
  readonly scenario?: readonly TogetherScenario[] | undefined
}

/** What the service has done for its customer; its own count. */
export type TogetherBook = {
  readonly jobs: number
  /** Jobs that began to train, and are billed. */
  readonly jobsBilled: number
  readonly billedNanoUsd: number
  readonly files: number
}

export interface FakeTogether {
  /** What clients use as their base URL. */
  readonly url: string
  enqueue(...scenarios: readonly TogetherScenario[]): void
  /** What happens to the next requests to an address. */
  fail(endpoint: TogetherEndpoint, ...faults: readonly TogetherFault[]): void
  requests(endpoint: TogetherEndpoint): number
  book(): TogetherBook
  /** In the order they were created. */
  jobs(): readonly Readonly<TogetherJob>[]
  /** The text of a file it keeps. */
  file(id: string): string | undefined
  close(): Promise<void>
}

type StoredFile = { readonly id: string; readonly filename: string; readonly content: string; readonly problem: string | undefined; checksLeft: number }
type Handler = (id: string, body: Buffer, request: IncomingMessage, query: URLSearchParams) => Reply | Promise<Reply>

const refusal = (status: number, message: string, type = 'invalid_request_error', headers: Readonly<Record<string, string>> = {}): Reply =>
  jsonReply(status, { error: { message, type, param: null, code: null } }, headers)

/** Together's files, fine-tuning jobs and chat completions on loopback, in memory; its jobs really train a small model of characters. */
export async function startFakeTogether(options: FakeTogetherOptions = {}): Promise<FakeTogether> {
  const { baseModel = 'base/model-1', queueMs = 5, msPerStep = 2, finishMs = 5, lateMs = 100, listLagMs = 0, nanoUsdPerToken = 480 } = options
  const files = new Map<string, StoredFile>()
  const jobs = new Map<string, TogetherJob>()
  const models = new Map<string, BigramModel>([[baseModel, newModel()]])
  const scenarios = [...(options.scenario ?? [])]
  const faults = new Map<TogetherEndpoint, TogetherFault[]>()
  const counts = new Map<TogetherEndpoint, number>()
  const underway = new Set<Promise<void>>()
  const closing = new AbortController()
  let lastId = 0

  function begin(job: TogetherJob, rows: readonly TrainingRow[], start: BigramModel): void {
    const working = trainJob(job, {
      ...{ rows, queueMs, msPerStep, finishMs, lateMs, nanoUsdPerToken, signal: closing.signal },
      model: start.slice(),
      outputName: `someone/${baseModel.split('/').at(-1)}-${job.request.suffix ?? ''}-${job.id.slice(3)}`,
      keepModel: (name, model) => models.set(name, model),
    }).catch(() => {}) // The server is closing.
    underway.add(working)
    void working.finally(() => underway.delete(working))
  }

  /** A checkpoint is named by a job or by the model that came of it. */
  function startOf({ model, from_checkpoint: checkpoint }: { readonly model?: string; readonly from_checkpoint?: string }): BigramModel | undefined {
    if (checkpoint === undefined) return model === baseModel ? models.get(baseModel) : undefined
    return models.get(jobs.get(checkpoint)?.modelOutputName ?? checkpoint)
  }

  const withJob =
    (answer: (job: TogetherJob, query: URLSearchParams) => Reply): Handler =>
    (id, _body, _request, query) => {
      const job = jobs.get(id)
      return job === undefined || job.gone ? refusal(404, `Job ${id} not found`) : answer(job, query)
    }

  const handlers: Readonly<Record<TogetherEndpoint, Handler>> = {
    async 'upload-file'(_id, body, request) {
      const form = await new Response(new Uint8Array(body), { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData()
      const unknown = [...form.keys()].find((name) => !['file', 'file_name', 'file_type', 'purpose'].includes(name))
      const [file, filename] = [form.get('file'), form.get('file_name')]
      if (unknown !== undefined) return refusal(400, `unknown field: ${unknown}`)
      if (!(file instanceof File) || typeof filename !== 'string' || form.get('purpose') !== 'fine-tune')
        return refusal(400, 'expected file, file_name and purpose')
      const content = await file.text()
      const read = readTrainingFile(content)
      const [next] = scenarios
      if (next === 'invalid-file') scenarios.shift()
      const problem = typeof read === 'string' ? read : next === 'invalid-file' ? 'Invalid format on line 3 of the input file' : undefined
      const stored = { id: `file-${++lastId}`, filename, content, problem, checksLeft: next === 'slow-check' ? 3 : 0 }
      files.set(stored.id, stored)
      return jsonReply(200, fileObject(stored))
    },
    'list-files': () => jsonReply(200, { data: [...files.values()].map(fileObject) }),
    'retrieve-file'(id) {
      const file = files.get(id)
      if (file === undefined) return refusal(404, `File ${id} not found`)
      file.checksLeft = Math.max(0, file.checksLeft - 1)
      return jsonReply(200, fileObject(file))
    },
    'model-limits'(_id, _body, _request, query) {
      const model = query.get('model_name') ?? ''
      return model === baseModel ? jsonReply(200, limitsOf(model)) : refusal(404, `Model ${model} is not available for fine-tuning`)
    },
    'estimate-price'(_id, bytes) {
      const body = JSON.parse(bytes.toString()) as CreateBody
      const wrong = findProblem(body, 'estimate')
      const rows = readTrainingFile(files.get(body.training_file)?.content ?? '')
      if (wrong !== undefined || typeof rows === 'string') return refusal(400, wrong ?? `File ${body.training_file} not found`)
      const tokens = tokensIn(rows)
      const price = (tokens * nanoUsdPerToken) / 1e9
      const token = { estimated_train_token_count: tokens, estimated_eval_token_count: 0 }
      return jsonReply(200, { estimation_available: true, allowed_to_proceed: true, estimated_total_price: price, ...token, user_limit: 100 })
    },
    'create-job'(_id, bytes) {
      const request = JSON.parse(bytes.toString()) as CreateBody
      const wrong = findProblem(request, 'create')
      if (wrong !== undefined) return refusal(400, wrong)
      const rows = readTrainingFile(files.get(request.training_file)?.content ?? '')
      if (typeof rows === 'string') return refusal(400, `Training file ${request.training_file} is not usable: ${rows}`)
      const start = startOf(request)
      if (start === undefined) return refusal(404, `Model ${request.model ?? request.from_checkpoint} not found`)
      const job: TogetherJob = {
        ...{ id: `ft-${String(++lastId).padStart(8, '0')}`, request, scenario: scenarios.shift() ?? 'normal', createdAt: new Date().toISOString() },
        ...{ events: [], figures: [], status: 'pending', stepsDone: 0, cancelWanted: false, gone: false, looks: 0, tokens: 0, billedNanoUsd: 0 },
        modelOutputName: undefined,
      }
      jobs.set(job.id, job)
      begin(job, rows, start)
      return jsonReply(200, jobObject(job))
    },
    'list-jobs': () => {
      const shown = [...jobs.values()].filter(({ gone, createdAt }) => !gone && Date.now() - Date.parse(createdAt) >= listLagMs)
      return jsonReply(200, { data: shown.map(jobObject) })
    },
    'retrieve-job': withJob((job) => {
      job.looks += 1
      return jsonReply(200, jobObject(job))
    }),
    'cancel-job': withJob((job) => {
      if (job.scenario === 'uncancellable') return refusal(500, 'Internal server error', 'server_error')
      if (isOver(job)) return refusal(400, `Job ${job.id} is ${job.status} and cannot be cancelled`)
      job.cancelWanted = true
      if (job.status !== 'queued') job.status = 'cancel_requested'
      return jsonReply(200, jobObject(job))
    }),
    'list-events': withJob((job) => jsonReply(200, { data: job.events })),
    'list-metrics': withJob((job, query) => {
      const [from, to] = [Number(query.get('global_step_from') ?? 0), Number(query.get('global_step_to') ?? Number.MAX_SAFE_INTEGER)]
      const isShown = ({ figures, fromStep, fromTime }: TogetherJob['figures'][number]): boolean => {
        const step = Number(figures['train/global_step'] ?? figures['eval/global_step'] ?? from)
        return job.stepsDone >= fromStep && Date.now() >= fromTime && step >= from && step <= to
      }
      const rows = job.figures.filter(isShown).map(({ figures }) => `{${Object.entries(figures).map(([key, value]) => `"${key}":${value}`)}}`)
      return { status: 200, body: `{"metrics":[${rows}]}` }
    }),
    chat(_id, bytes) {
      const {
        model,
        messages,
        max_tokens: limit = 100,
      } = JSON.parse(bytes.toString()) as { model: string; messages: { content: string }[]; max_tokens?: number }
      if (!models.has(model)) return refusal(404, `Unable to access model ${model}. Deploy it first.`)
      const words = `${model} was asked: ${messages.at(-1)?.content}`.split(/(?=\s)/)
      const usage = { prompt_tokens: 5, completion_tokens: Math.min(limit, words.length), total_tokens: 5 + Math.min(limit, words.length) }
      const message = { role: 'assistant', content: words.slice(0, limit).join(''), tool_calls: [] }
      const choice = { index: 0, message, finish_reason: words.length > limit ? 'length' : 'eos' }
      return jsonReply(200, { id: 'chat-1', object: 'chat.completion', created: 1, model, prompt: [], choices: [choice], usage })
    },
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const body = await buffer(request)
    const route = addresses.find(({ method, path }) => method === request.method && path.test(pathname))
    if (route === undefined) return refusal(404, `Not found: ${request.method} ${pathname}`)
    const { endpoint, path } = route
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
    const key = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    if (options.apiKey !== undefined && key !== options.apiKey) return refusal(401, `Invalid API key provided: ${key}.`, 'authentication_error')
    const fault = faults.get(endpoint)?.shift()
    const early = fault === undefined ? undefined : before[fault]
    if (early !== undefined) return early
    const reply = await handlers[endpoint](decodeURIComponent(path.exec(pathname)?.[1] ?? ''), body, request, searchParams)
    if (fault === 'reset-after') return { ...reply, delivery: 'reset-before' }
    if (fault === '500-after') return refusal(500, 'Internal server error', 'server_error')
    return fault === 'cut-short' ? { ...reply, delivery: 'cut-short' } : reply
  }

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const handling = answer(request)
      .then((reply) => sendReply(response, reply, { goOffline() {}, doom() {} }))
      .catch(() => void response.destroy())
    underway.add(handling)
    void handling.finally(() => underway.delete(handling))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    enqueue: (...next) => void scenarios.push(...next),
    fail: (endpoint, ...next) => void faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...next]),
    requests: (endpoint) => counts.get(endpoint) ?? 0,
    book: () => ({
      jobs: jobs.size,
      jobsBilled: [...jobs.values()].filter(({ stepsDone }) => stepsDone > 0).length,
      billedNanoUsd: [...jobs.values()].reduce((sum, { billedNanoUsd }) => sum + billedNanoUsd, 0),
      files: files.size,
    }),
    jobs: () => [...jobs.values()],
    file: (id) => files.get(id)?.content,
    async close() {
      closing.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, ...underway])
    },
  }
}

function fileObject({ id, filename, content, problem, checksLeft }: StoredFile): object {
  const report = problem === undefined ? {} : { validation_report: { valid: false, error_type: 'INVALID_FORMAT', error: problem, file_id: id } }
  const status = checksLeft > 0 ? 'RUNNING' : problem === undefined ? 'COMPLETED' : 'INVALID_FORMAT'
  const plain = { id, object: 'file', filename, bytes: Buffer.byteLength(content), created_at: 1, FileType: 'jsonl', Processed: true, purpose: 'fine-tune' }
  return { ...plain, processing_status: status, ...(checksLeft > 0 ? {} : report) }
}

function jobObject(job: TogetherJob): object {
  const { training_file, suffix, model, from_checkpoint, batch_size, learning_rate } = job.request
  return {
    ...{ id: job.id, status: job.status, user_id: 'user-1', created_at: job.createdAt, updated_at: new Date().toISOString() },
    ...{ training_file, suffix, model, from_checkpoint, batch_size, learning_rate, token_count: job.tokens },
    ...(job.modelOutputName === undefined ? {} : { model_output_name: job.modelOutputName }),
    ...(job.scenario === 'no-price' ? {} : { total_price: job.billedNanoUsd }),
  }
}

/** Faults that stop a request before its work is done. */
const before: Readonly<Partial<Record<TogetherFault, Reply>>> = {
  '400': refusal(400, 'Invalid request.'),
  '401': refusal(401, 'Invalid API key provided.', 'authentication_error'),
  '402': refusal(402, 'Credit limit exceeded, please add a payment method.', 'credit_limit'),
  '403': refusal(403, 'Fine-tuning is not available for this account.'),
  '404': refusal(404, 'Not found.'),
  '429': refusal(429, 'You have reached the rate limit.', 'rate_limit', { 'retry-after': '0.01' }),
  '500': refusal(500, 'Internal server error', 'server_error'),
  '502-html': { status: 502, body: '<html><body>Bad gateway</body></html>', headers: { 'content-type': 'text/html' } },
  '503': refusal(503, 'The server is overloaded.', 'service_unavailable'),
  'reset-before': { status: 200, body: '', delivery: 'reset-before' },
  'html-200': { status: 200, body: '<html><body>Sign in</body></html>', headers: { 'content-type': 'text/html' } },
  'empty-200': jsonReply(200, {}),
  never: { status: 200, body: '', delivery: 'never' },
}

const address = (endpoint: TogetherEndpoint, method: string, path: RegExp) => ({ endpoint, method, path })

const addresses = [
  address('upload-file', 'POST', /^\/v1\/files\/upload$/),
  address('list-files', 'GET', /^\/v1\/files$/),
  address('retrieve-file', 'GET', /^\/v1\/files\/([^/]+)$/),
  address('model-limits', 'GET', /^\/v1\/fine-tunes\/models\/limits$/),
  address('estimate-price', 'POST', /^\/v1\/fine-tunes\/estimate-price$/),
  address('create-job', 'POST', /^\/v1\/fine-tunes$/),
  address('list-jobs', 'GET', /^\/v1\/fine-tunes$/),
  address('retrieve-job', 'GET', /^\/v1\/fine-tunes\/([^/]+)$/),
  address('cancel-job', 'POST', /^\/v1\/fine-tunes\/([^/]+)\/cancel$/),
  address('list-events', 'GET', /^\/v1\/fine-tunes\/([^/]+)\/events$/),
  address('list-metrics', 'GET', /^\/v1\/fine-tunes\/([^/]+)\/metrics$/),
  address('chat', 'POST', /^\/v1\/chat\/completions$/),
] as const
