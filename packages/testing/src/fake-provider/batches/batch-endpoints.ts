import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { invalidKeyReply } from '../faults.ts'
import { errorReply, jsonReply, type Reply } from '../reply.ts'
import { checkInput, enqueuedTokens } from './input-lines.ts'
import type { BatchEndpoint, BatchScenario, EndpointFault } from './scenarios.ts'
import { activeStatuses, batchObject, fileObject, type StoredBatch, type StoredFile } from './stored.ts'
import { tokenLimit, type WorkOptions, workOnBatch } from './work-on-batch.ts'

export type BatchOptions = {
  /** How long validation, each request, and writing the files take. @default 0, 0, 0 */
  readonly validateMs?: number | undefined
  readonly lineMs?: number | undefined
  readonly finalizeMs?: number | undefined
  /** @default 50_000 */
  readonly maxLines?: number | undefined
  /** Largest file taken. @default 200 MB */
  readonly maxBytes?: number | undefined
  /** Most prompt tokens in batches that are not at an end; a batch too many is created and fails. @default none */
  readonly maxEnqueuedTokens?: number | undefined
  /** What happens to the first batches, one entry each. */
  readonly scenario?: readonly BatchScenario[] | undefined
  /** Called for each request when it came, and when its work is done and its reply not sent yet; the server waits for it. */
  readonly onRequest?: ((endpoint: BatchEndpoint, moment: 'received' | 'done') => void | Promise<void>) | undefined
}

/** The server's files and batches, for tests. */
export interface Batches {
  /** What happens to the next batches, one entry each. */
  enqueue(...scenarios: readonly BatchScenario[]): void
  /** What happens to the next request to an address. */
  fail(endpoint: BatchEndpoint, ...faults: readonly EndpointFault[]): void
  /** How often an address was asked. */
  requests(endpoint: BatchEndpoint): number
  /** Batches in the order they were created, and the names of all files that are kept. */
  batches(): readonly Readonly<StoredBatch>[]
  files(): readonly string[]
}

export type BatchEndpoints = Batches & {
  /** The reply to a request; undefined when it is to no address of files or batches. */
  handle(request: IncomingMessage): Promise<Reply | undefined>
  /** Waits until no batch is worked on. */
  settled(): Promise<void>
}

export type BatchContext = {
  readonly options: BatchOptions
  readonly apiKey: string | undefined
  readonly answer: WorkOptions['answer']
  readonly signal: AbortSignal
}

type Handler = (request: IncomingMessage, id: string, query: URLSearchParams) => Reply | Promise<Reply>

const now = (): number => Math.floor(Date.now() / 1000)
const notFound = (what: string, id: string): Reply => errorReply(404, `No such ${what}: ${id}`)

/** OpenAI's Files and Batch API, in memory. Every request in a batch is in the book like any other. */
export function createBatchEndpoints({ options, apiKey, answer, signal }: BatchContext): BatchEndpoints {
  const files = new Map<string, StoredFile>()
  const batches = new Map<string, StoredBatch>()
  const forgotten = new Map<string, BatchScenario>()
  const scenarios = [...(options.scenario ?? [])]
  const faults = new Map<BatchEndpoint, EndpointFault[]>()
  const counts = new Map<BatchEndpoint, number>()
  const underway = new Set<Promise<void>>()
  const { maxLines = 50_000, maxBytes = 200e6, validateMs = 0, lineMs = 0, finalizeMs = 0 } = options
  let lastId = 0

  const work: Omit<WorkOptions, 'keepFile'> = { answer, maxLines, validateMs, lineMs, finalizeMs, signal, forget }

  function keep(filename: string, purpose: string, content: string): StoredFile {
    const file = { id: `file-${++lastId}`, filename, purpose, createdAt: now(), content }
    files.set(file.id, file)
    return file
  }

  function forget(batch: StoredBatch): void {
    forgotten.set(batch.id, batch.scenario)
    for (const id of [batch.outputFileId, batch.errorFileId]) if (id !== undefined) files.delete(id)
  }

  const handlers: Readonly<Record<BatchEndpoint, Handler>> = {
    async 'upload-file'(request) {
      const form = await formOf(request)
      const unknown = [...form.keys()].find((name) => name !== 'file' && name !== 'purpose')
      if (unknown !== undefined) return errorReply(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' })
      const [file, purpose] = [form.get('file'), form.get('purpose')]
      if (!(file instanceof File) || typeof purpose !== 'string') return errorReply(400, "Expected 'file' and 'purpose'.")
      if (file.size > maxBytes) return errorReply(413, `The file is larger than ${maxBytes} bytes.`)
      return jsonReply(200, fileObject(keep(file.name, purpose, await file.text())))
    },
    'list-files'(_request, _id, query) {
      const purpose = query.get('purpose')
      return page([...files.values()].filter((file) => purpose === null || file.purpose === purpose).toReversed(), query, fileObject)
    },
    'retrieve-file': (_request, id) => (files.has(id) ? jsonReply(200, fileObject(files.get(id)!)) : notFound('File object', id)),
    'delete-file': (_request, id) => (files.delete(id) ? jsonReply(200, { id, object: 'file', deleted: true }) : notFound('File object', id)),
    'file-content'(_request, id) {
      const file = files.get(id)
      if (file === undefined) return notFound('File object', id)
      return { status: 200, body: file.content, headers: { 'content-type': 'application/octet-stream' } }
    },
    async 'create-batch'(request) {
      const body = JSON.parse((await buffer(request)).toString()) as Record<string, unknown>
      const unknown = Object.keys(body).find((name) => !createFields.has(name))
      if (unknown !== undefined) return errorReply(400, `Unknown parameter: '${unknown}'.`, { param: unknown, code: 'unknown_parameter' })
      const file = files.get(String(body.input_file_id))
      if (file === undefined) return errorReply(400, `Invalid input file: ${String(body.input_file_id)}.`, { param: 'input_file_id' })
      if (body.endpoint !== '/v1/chat/completions' || body.completion_window !== '24h') return errorReply(400, 'Invalid endpoint or completion_window.')
      const batch: StoredBatch = {
        id: `batch_${++lastId}`,
        inputFileId: file.id,
        metadata: (body.metadata as StoredBatch['metadata']) ?? null,
        createdAt: now(),
        scenario: scenarios.shift() ?? 'normal',
        key: keyOf(request),
        status: 'validating',
        counts: { total: 0, completed: 0, failed: 0 },
        errors: [],
        outputFileId: undefined,
        errorFileId: undefined,
      }
      batches.set(batch.id, batch)
      begin(batch, file.content)
      return jsonReply(200, batchObject(batch))
    },
    'list-batches': (_request, _id, query) => page([...batches.values()].filter(({ id }) => !forgotten.has(id)).toReversed(), query, batchObject),
    'retrieve-batch'(_request, id) {
      const batch = batches.get(id)
      if (forgotten.get(id) === 'forgotten-200') return errorReply(200, `No such Batch object: ${id}`)
      return batch === undefined || forgotten.has(id) ? notFound('Batch object', id) : jsonReply(200, batchObject(batch))
    },
    'cancel-batch'(_request, id) {
      const batch = batches.get(id)
      if (batch === undefined) return notFound('Batch object', id)
      if (!activeStatuses.has(batch.status)) return errorReply(409, `Cannot cancel a batch with status '${batch.status}'.`)
      batch.status = 'cancelling'
      return jsonReply(200, batchObject(batch))
    },
  }

  function begin(batch: StoredBatch, input: string): void {
    const working = isOverQueue(batch)
      ? refuse(batch)
      : workOnBatch(batch, input, { ...work, keepFile: (content) => keep(`${batch.id}.jsonl`, 'batch_output', content).id })
    const ended = working.catch(() => {}) // The server is closing.
    underway.add(ended)
    void ended.finally(() => underway.delete(ended))
  }

  function isOverQueue(batch: StoredBatch): boolean {
    if (options.maxEnqueuedTokens === undefined) return false
    const queued = [...batches.values()].filter(({ status }) => activeStatuses.has(status))
    return queued.reduce((sum, { inputFileId }) => sum + tokensOf(inputFileId), 0) > options.maxEnqueuedTokens && batch.scenario === 'normal'
  }

  const tokensOf = (fileId: string): number => {
    const content = files.get(fileId)?.content ?? ''
    return checkInput(content, maxLines).lines.reduce((sum, { body }) => sum + enqueuedTokens(body), 0)
  }

  async function refuse(batch: StoredBatch): Promise<void> {
    batch.errors = [tokenLimit]
    batch.status = 'failed'
  }

  async function handle(request: IncomingMessage): Promise<Reply | undefined> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const found = addresses.find(({ method, path }) => method === request.method && path.test(pathname))
    if (found === undefined) return undefined
    const { endpoint, path } = found
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
    await options.onRequest?.(endpoint, 'received')
    if (apiKey !== undefined && keyOf(request) !== apiKey) return invalidKeyReply(keyOf(request))
    const fault = faults.get(endpoint)?.shift()
    const refusal = fault === undefined ? undefined : refusals[fault]
    if (refusal !== undefined) {
      request.resume()
      return refusal(keyOf(request))
    }
    const reply = await handlers[endpoint](request, decodeURIComponent(path.exec(pathname)![1] ?? ''), searchParams)
    request.resume()
    await options.onRequest?.(endpoint, 'done')
    if (fault === 'reset-after') return { ...reply, delivery: 'reset-before' }
    return fault === 'cut-short' ? { ...reply, delivery: 'cut-short' } : reply
  }

  return {
    handle,
    enqueue: (...next) => void scenarios.push(...next),
    fail: (endpoint, ...next) => void faults.set(endpoint, [...(faults.get(endpoint) ?? []), ...next]),
    requests: (endpoint) => counts.get(endpoint) ?? 0,
    batches: () => [...batches.values()],
    files: () => [...files.values()].map(({ filename }) => filename),
    async settled() {
      await Promise.all(underway)
    },
  }
}

const createFields: ReadonlySet<string> = new Set(['input_file_id', 'endpoint', 'completion_window', 'metadata', 'output_expires_after'])

const address = (endpoint: BatchEndpoint, method: string, path: RegExp) => ({ endpoint, method, path })

const addresses = [
  address('upload-file', 'POST', /^\/v1\/files$/),
  address('list-files', 'GET', /^\/v1\/files$/),
  address('retrieve-file', 'GET', /^\/v1\/files\/([^/]+)$/),
  address('delete-file', 'DELETE', /^\/v1\/files\/([^/]+)$/),
  address('file-content', 'GET', /^\/v1\/files\/([^/]+)\/content$/),
  address('create-batch', 'POST', /^\/v1\/batches$/),
  address('list-batches', 'GET', /^\/v1\/batches$/),
  address('retrieve-batch', 'GET', /^\/v1\/batches\/([^/]+)$/),
  address('cancel-batch', 'POST', /^\/v1\/batches\/([^/]+)\/cancel$/),
] as const

/** Faults that stop a request before its work is done. */
const refusals: Readonly<Partial<Record<EndpointFault, (key: string) => Reply>>> = {
  '400': () => errorReply(400, 'Invalid request.', { code: 'invalid_value' }),
  '401': invalidKeyReply,
  '429': () => errorReply(429, 'Rate limit reached for requests.', { type: 'requests', code: 'rate_limit_exceeded' }),
  '500': () => errorReply(500, 'The server had an error while processing your request.', { type: 'server_error' }),
  '502-html': () => ({ status: 502, body: '<html><body>Bad gateway</body></html>', headers: { 'content-type': 'text/html' } }),
  'reset-before': () => ({ status: 200, body: '', delivery: 'reset-before' }),
  'error-200': () => errorReply(200, 'Upstream error', { type: 'upstream_error' }),
}

function page<Stored extends { readonly id: string }>(newestFirst: readonly Stored[], query: URLSearchParams, show: (stored: Stored) => object): Reply {
  const after = query.get('after')
  const limit = Number(query.get('limit') ?? 20)
  const start = after === null ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1
  const shown = newestFirst.slice(start, start + limit)
  const ends = { first_id: shown[0]?.id ?? null, last_id: shown.at(-1)?.id ?? null }
  return jsonReply(200, { object: 'list', data: shown.map(show), ...ends, has_more: start + limit < newestFirst.length })
}

const keyOf = (request: IncomingMessage): string => request.headers.authorization?.match(/^Bearer (.+)$/)?.[1] ?? ''

async function formOf(request: IncomingMessage): Promise<FormData> {
  const body = new Uint8Array(await buffer(request))
  return new Response(body, { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData()
}
