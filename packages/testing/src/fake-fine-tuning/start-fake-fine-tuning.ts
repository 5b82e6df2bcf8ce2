import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { errorReply, jsonReply, type Reply } from '../fake-provider/reply.ts'
import { sendReply } from '../fake-provider/send-reply.ts'
import { answerChat } from './answer-chat.ts'
import { checkCreate, hyperparametersOf } from './check-request.ts'
import { pageOf, pageOfEvents } from './pages.ts'
import type { TuningEndpoint, TuningFault, TuningScenario } from './scenarios.ts'
import { checkpointsOf, eventObject, fileObject, isOver, jobObject, nowSeconds, type TrainingFile, type TuningJob } from './stored.ts'
import { baseStudent, type Student, trainedStudent } from './student.ts'
import { workOnJob } from './work-on-job.ts'

export type FakeFineTuningOptions = {
  /** The key clients must send. Default: anyone may ask. */
  readonly apiKey?: string | undefined
  /** The model that may be fine-tuned. @default 'base-1' */
  readonly baseModel?: string | undefined
  /** Fewest examples of a training file. @default 10, as at OpenAI */
  readonly minExamples?: number | undefined
  /** How long validation, the queue and each step take. @default 0, 0, 2 */
  readonly validateMs?: number | undefined
  readonly queueMs?: number | undefined
  readonly msPerStep?: number | undefined
  /** How late results and models come in the scenarios in which they do. @default 200 */
  readonly lateMs?: number | undefined
  /** How long a new job is missing from the list of jobs. @default 0 */
  readonly listLagMs?: number | undefined
  /** Whether it keeps the metadata and suffix of a job. @default true */
  readonly keepsNames?: boolean | undefined
  /** What happens to the first jobs, one entry each. */
  readonly scenario?: readonly TuningScenario[] | undefined
  /** Called for each request when it came, and when its work is done and its reply not sent yet; the server waits for it. */
  readonly onRequest?: ((endpoint: TuningEndpoint, moment: 'received' | 'done') => void | Promise<void>) | undefined
}

/** What the service has done for its customer; its own count. */
export type TuningBook = {
  readonly jobs: number
  /** Jobs that trained and are billed: succeeded, or ended with steps done. */
  readonly jobsTrained: number
  readonly files: number
  readonly chats: number
  readonly trainedTokens: number
}

export interface FakeFineTuning {
  /** What clients use as their base URL. */
  readonly url: string
  enqueue(...scenarios: readonly TuningScenario[]): void
  /** What happens to the next requests to an address. */
  fail(endpoint: TuningEndpoint, ...faults: readonly TuningFault[]): void
  requests(endpoint: TuningEndpoint): number
  book(): TuningBook
  /** In the order they were created. */
  jobs(): readonly Readonly<TuningJob>[]
  /** The text of a file it keeps. */
  file(id: string): string | undefined
  /** Resumes what is paused, as somebody at the service's console would. */
  resumeAll(): void
  close(): Promise<void>
}

type Handler = (id: string, body: Buffer, request: IncomingMessage, query: URLSearchParams) => Reply | Promise<Reply>

/** A service on loopback with OpenAI's wire format for files, fine-tuning jobs and chat completions, in memory. */
export async function startFakeFineTuning(options: FakeFineTuningOptions = {}): Promise<FakeFineTuning> {
  const { baseModel = 'base-1', minExamples = 10, validateMs = 0, queueMs = 0, msPerStep = 2, lateMs = 200, listLagMs = 0, keepsNames = true } = options
  const files = new Map<string, TrainingFile>()
  const jobs = new Map<string, TuningJob>()
  const listedAt = new Map<string, number>()
  const students = new Map<string, Student>([[baseModel, baseStudent(baseModel)]])
  const scenarios = [...(options.scenario ?? [])]
  const faults = new Map<TuningEndpoint, TuningFault[]>()
  const counts = new Map<TuningEndpoint, number>()
  const underway = new Set<Promise<void>>()
  const closing = new AbortController()
  let lastId = 0
  let chats = 0

  function keepFile(filename: string, purpose: string, content: Buffer): TrainingFile {
    const file = { id: `file-${++lastId}`, filename, purpose, createdAt: nowSeconds(), content }
    files.set(file.id, file)
    return file
  }

  function begin(job: TuningJob, content: Buffer): void {
    const before = students.get(job.model)!
    const working = workOnJob(job, {
      ...{ content, before, minExamples, validateMs, queueMs, msPerStep, lateMs, signal: closing.signal },
      keepFile: (name, bytes) => keepFile(name, 'fine-tune-results', bytes).id,
      keepModel(done, lines, steps, readyAt) {
        const id = `ft:${baseModel}:org:${done.suffix ?? ''}:${done.id.replace('ftjob-', '')}`
        students.set(id, trainedStudent(id, before, lines, steps, readyAt))
        return id
      },
    }).catch(() => {}) // The server is closing.
    underway.add(working)
    void working.finally(() => underway.delete(working))
  }

  const withJob =
    (answer: (job: TuningJob, query: URLSearchParams) => Reply | Promise<Reply>): Handler =>
    (id, _body, _request, query) => {
      const job = jobs.get(id)
      return job === undefined || job.gone ? errorReply(404, `Could not find fine tune: ${id}`, { code: 'fine_tune_not_found' }) : answer(job, query)
    }
  const over = (job: TuningJob): Reply => errorReply(400, `Job has already completed: ${job.id}`, { code: 'invalid_fine_tune_state' })
  const aFile = (id: string, answer: (file: TrainingFile) => Reply): Reply =>
    files.has(id) ? answer(files.get(id)!) : errorReply(404, `No such File object: ${id}`)

  const handlers: Readonly<Record<TuningEndpoint, Handler>> = {
    async 'upload-file'(_id, body, request) {
      const form = await new Response(new Uint8Array(body), { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData()
      const unknown = [...form.keys()].find((name) => name !== 'file' && name !== 'purpose')
      if (unknown !== undefined) return errorReply(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' })
      const [file, purpose] = [form.get('file'), form.get('purpose')]
      if (!(file instanceof File) || purpose !== 'fine-tune') return errorReply(400, "Expected 'file' and purpose 'fine-tune'.")
      return jsonReply(200, fileObject(keepFile(file.name, purpose, Buffer.from(await file.arrayBuffer()))))
    },
    'retrieve-file': (id) => aFile(id, (file) => jsonReply(200, fileObject(file))),
    'file-content': (id) =>
      aFile(id, ({ content }) => ({ status: 200, body: new Uint8Array(content), headers: { 'content-type': 'application/octet-stream' } })),
    'create-job'(_id, bytes) {
      const body = JSON.parse(bytes.toString()) as Record<string, unknown>
      const wrong = checkCreate(body)
      if (wrong !== undefined) return errorReply(400, wrong.message, wrong)
      const file = files.get(String(body.training_file))
      if (file?.purpose !== 'fine-tune') return errorReply(400, `invalid training_file: ${String(body.training_file)}`, { param: 'training_file' })
      if (!students.has(String(body.model)))
        return errorReply(404, `The model \`${String(body.model)}\` does not exist or you do not have access to it.`, { code: 'model_not_found' })
      const given = hyperparametersOf(body) as Record<string, number | 'auto'>
      const job: TuningJob = {
        id: `ftjob-${++lastId}`,
        model: String(body.model),
        trainingFile: file.id,
        hyperparameters: { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto', ...given },
        suffix: keepsNames && typeof body.suffix === 'string' ? body.suffix : null,
        metadata: keepsNames ? ((body.metadata as TuningJob['metadata']) ?? null) : null,
        seed: typeof body.seed === 'number' ? body.seed : 1,
        createdAt: nowSeconds(),
        scenario: scenarios.shift() ?? 'normal',
        ...{ events: [], results: [], status: 'validating_files', stepsDone: 0, cancelWanted: false, pauseWanted: false, resumed: false, gone: false },
        ...{ finishedAt: null, trainedTokens: null, fineTunedModel: null, resultFiles: [], error: null, looks: 0 },
      }
      jobs.set(job.id, job)
      listedAt.set(job.id, Date.now() + listLagMs)
      begin(job, file.content)
      return jsonReply(200, jobObject(job))
    },
    'list-jobs'(_id, _body, _request, query) {
      const listed = [...jobs.values()].filter(({ id, gone }) => !gone && listedAt.get(id)! <= Date.now())
      return jsonReply(200, pageOf(listed.toReversed(), query, jobObject))
    },
    'retrieve-job': withJob((job) => {
      job.looks++
      return jsonReply(200, jobObject(job))
    }),
    'cancel-job': withJob(async (job) => {
      if (isOver(job)) return over(job)
      if (job.scenario === 'stuck-uncancellable') return errorReply(500, 'The server had an error while processing your request.', { type: 'server_error' })
      if (job.scenario === 'starts-when-cancelled') {
        job.resumed = true
        while (job.status === 'queued') await wait(3, undefined, { signal: closing.signal })
        return errorReply(400, 'This job cannot be cancelled now.', { code: 'invalid_fine_tune_state' })
      }
      job.cancelWanted = true
      if (job.scenario !== 'wins-the-race') return jsonReply(200, jobObject(job))
      while (!isOver(job)) await wait(3, undefined, { signal: closing.signal })
      return over(job)
    }),
    'pause-job': withJob((job) => {
      if (isOver(job)) return over(job)
      job.pauseWanted = true
      job.resumed = false
      return jsonReply(200, jobObject(job))
    }),
    'resume-job': withJob((job) => {
      if (job.status !== 'paused') return errorReply(400, `Job is not paused: ${job.id}`, { code: 'invalid_fine_tune_state' })
      job.pauseWanted = false
      job.resumed = true
      return jsonReply(200, jobObject(job))
    }),
    'list-events': withJob((job, query) => {
      if (job.scenario === 'vanishes' && job.stepsDone === 2) job.gone = true
      return pageOfEvents(job, query, eventObject)
    }),
    'list-checkpoints': withJob((job, query) =>
      jsonReply(
        200,
        pageOf(checkpointsOf(job), query, (checkpoint) => checkpoint),
      ),
    ),
    chat(_id, body) {
      chats++
      return answerChat(JSON.parse(body.toString()), students)
    },
  }

  async function handle(request: IncomingMessage): Promise<Reply> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const found = addresses.find(({ method, path }) => method === request.method && path.test(pathname))
    const body = await buffer(request)
    if (found === undefined) return errorReply(404, `Invalid URL (${request.method} ${pathname})`)
    const { endpoint, path } = found
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
    await options.onRequest?.(endpoint, 'received')
    if (options.apiKey !== undefined && request.headers.authorization !== `Bearer ${options.apiKey}`) return wrongKey(request.headers.authorization)
    const fault = faults.get(endpoint)?.shift()
    const refusal = fault === undefined ? undefined : refusals[fault]
    if (refusal !== undefined) return refusal()
    const reply = await handlers[endpoint](decodeURIComponent(path.exec(pathname)![1] ?? ''), body, request, searchParams)
    await options.onRequest?.(endpoint, 'done')
    if (fault === 'reset-after') return { ...reply, delivery: 'reset-before' }
    if (fault === '500-after') return serverError()
    return fault === 'cut-short' ? { ...reply, delivery: 'cut-short' } : reply
  }

  const wire = { goOffline: () => {}, doom: () => {} }
  const server = createServer((request, response: ServerResponse) => {
    const handling = handle(request).then(
      (reply) => sendReply(response, reply, wire),
      () => void response.destroy(),
    )
    underway.add(handling)
    void handling.finally(() => underway.delete(handling))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/v1`,
    enqueue: (...next) => void scenarios.push(...next),
    fail: (endpoint, ...next) => void faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...next]),
    requests: (endpoint) => counts.get(endpoint) ?? 0,
    book() {
      const all = [...jobs.values()]
      const trained = all.filter(({ stepsDone }) => stepsDone > 0)
      const trainedTokens = all.reduce((sum, { trainedTokens: tokens }) => sum + (tokens ?? 0), 0)
      const uploaded = [...files.values()].filter(({ purpose }) => purpose === 'fine-tune')
      return { jobs: all.length, jobsTrained: trained.length, files: uploaded.length, chats, trainedTokens }
    },
    jobs: () => [...jobs.values()],
    file: (id) => files.get(id)?.content.toString('utf8'),
    resumeAll() {
      for (const job of jobs.values()) job.resumed = true
    },
    async close() {
      closing.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, ...underway])
    },
  }
}

const address = (endpoint: TuningEndpoint, method: string, path: RegExp) => ({ endpoint, method, path })

const addresses = [
  address('upload-file', 'POST', /^\/v1\/files$/),
  address('retrieve-file', 'GET', /^\/v1\/files\/([^/]+)$/),
  address('file-content', 'GET', /^\/v1\/files\/([^/]+)\/content$/),
  address('create-job', 'POST', /^\/v1\/fine_tuning\/jobs$/),
  address('list-jobs', 'GET', /^\/v1\/fine_tuning\/jobs$/),
  address('retrieve-job', 'GET', /^\/v1\/fine_tuning\/jobs\/([^/]+)$/),
  address('cancel-job', 'POST', /^\/v1\/fine_tuning\/jobs\/([^/]+)\/cancel$/),
  address('pause-job', 'POST', /^\/v1\/fine_tuning\/jobs\/([^/]+)\/pause$/),
  address('resume-job', 'POST', /^\/v1\/fine_tuning\/jobs\/([^/]+)\/resume$/),
  address('list-events', 'GET', /^\/v1\/fine_tuning\/jobs\/([^/]+)\/events$/),
  address('list-checkpoints', 'GET', /^\/v1\/fine_tuning\/jobs\/([^/]+)\/checkpoints$/),
  address('chat', 'POST', /^\/v1\/chat\/completions$/),
]

const wrongKey = (sent = ''): Reply =>
  errorReply(401, `Incorrect API key provided: ${sent.replace('Bearer ', '')}.`, { type: 'invalid_request_error', code: 'invalid_api_key' })
const serverError = (): Reply => errorReply(500, 'The server had an error while processing your request.', { type: 'server_error' })
const tooMany = (headers: Readonly<Record<string, string>> = {}): Reply =>
  errorReply(429, 'Rate limit reached for requests.', { type: 'requests', code: 'rate_limit_exceeded', headers })
const page = (status: number): Reply => ({ status, body: '<html><body>Bad gateway</body></html>', headers: { 'content-type': 'text/html' } })

/** Faults that stop a request before its work is done. */
const refusals: Readonly<Partial<Record<TuningFault, () => Reply>>> = {
  '400': () => errorReply(400, 'Invalid request.', { code: 'invalid_value' }),
  '401': () => wrongKey(),
  '404': () => errorReply(404, 'Not found.'),
  '429': () => tooMany(),
  '429-wait': () => tooMany({ 'retry-after-ms': '60' }),
  'no-quota': () => errorReply(429, 'You exceeded your current quota, please check your plan and billing details.', { code: 'insufficient_quota' }),
  '500': serverError,
  '502-html': () => page(502),
  closed: () =>
    errorReply(403, 'Fine-tuning is not available for this organization. New fine-tuning jobs can no longer be created.', {
      code: 'fine_tuning_not_available',
    }),
  'reset-before': () => ({ status: 200, body: '', delivery: 'reset-before' }),
  'error-200': () => errorReply(200, 'Upstream error', { type: 'upstream_error' }),
  'html-200': () => page(200),
}
