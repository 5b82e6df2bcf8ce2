import { SediError } from '@sedi/spec'
import type OpenAI from 'openai'
import * as z from 'zod'

/** What we use of a batch. */
export type Batch = {
  readonly id: string
  /** In the provider's words; there may be ones nobody has documented. */
  readonly status: string
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number } | undefined
  readonly problems: readonly BatchProblem[]
  readonly inputFileId: string | undefined
  readonly outputFileId: string | undefined
  readonly errorFileId: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** Milliseconds since the epoch, by the provider's clock. */
  readonly createdAt: number | undefined
}

/** Why validation refused a batch; `line` counts from 1. */
export type BatchProblem = { readonly code: string; readonly line: number | undefined; readonly message: string }

/** Files and batches of one key. Everything it throws is a SediError; one request each. */
export interface BatchApi {
  /** Returns the file's id. */
  upload(name: string, text: string): Promise<string>
  create(inputFileId: string, metadata: Readonly<Record<string, string>>): Promise<Batch>
  retrieve(batchId: string): Promise<Batch>
  /** A batch that is at its end already stays as it is. */
  cancel(batchId: string): Promise<void>
  /** All batches, newest first, a page at a time. */
  list(): AsyncIterable<Batch>
  /** A file that is gone already is fine. */
  deleteFile(fileId: string): Promise<void>
  /** The non-empty lines of a file as they arrive. */
  lines(fileId: string): AsyncIterable<string>
}

/** A file's id is sometimes given as ''. */
const fileIdSchema = z
  .string()
  .nullish()
  .transform((id) => id || undefined)
const countSchema = z.number().int().min(0)

const batchSchema = z.object({
  id: z.string().min(1),
  status: z.string().min(1),
  request_counts: z.object({ total: countSchema, completed: countSchema, failed: countSchema }).nullish().catch(undefined),
  errors: z
    .object({ data: z.array(z.object({ code: z.string().nullish(), line: z.number().nullish(), message: z.string().nullish() })).nullish() })
    .nullish()
    .catch(undefined),
  input_file_id: fileIdSchema,
  output_file_id: fileIdSchema,
  error_file_id: fileIdSchema,
  metadata: z.record(z.string(), z.string()).nullish().catch(undefined),
  created_at: z.number().nullish().catch(undefined),
})

export type BatchApiOptions = {
  readonly client: OpenAI
  readonly provider: string
  /** Anything the SDK throws, as the SediError it means. */
  readonly toError: (error: unknown) => SediError
  /** Ends every request but the creation of a batch, which has to be known to have happened or not. */
  readonly signal: AbortSignal
}

const pageSize = 100

export function createBatchApi({ client, provider, toError, signal }: BatchApiOptions): BatchApi {
  async function asked<Reply>(work: () => PromiseLike<Reply>): Promise<Reply> {
    try {
      return await work()
    } catch (error) {
      throw toError(error)
    }
  }

  return {
    async upload(name, text) {
      const file = await asked(() => client.files.create({ file: new File([text], name), purpose: 'batch' }, { signal }))
      if (typeof file?.id === 'string' && file.id !== '') return file.id
      throw unexpected(provider, 'a file with an id', file)
    },
    async create(inputFileId, metadata) {
      const body = { input_file_id: inputFileId, endpoint: '/v1/chat/completions', completion_window: '24h', metadata } as const
      return batchOf(provider, await asked(() => client.batches.create(body)))
    },
    async retrieve(batchId) {
      return batchOf(provider, await asked(() => client.batches.retrieve(batchId, { signal })))
    },
    async cancel(batchId) {
      try {
        await client.batches.cancel(batchId, { signal })
      } catch (thrown) {
        const error = toError(thrown)
        if (error.details.status !== 409 && error.details.status !== 400) throw error
      }
    },
    async *list() {
      for (let after: string | undefined; ; ) {
        const page: unknown = await asked(() => client.batches.list({ limit: pageSize, ...(after === undefined ? {} : { after }) }, { signal }))
        const { data, has_more: hasMore } = page as { data?: unknown; has_more?: unknown }
        if (!Array.isArray(data)) throw unexpected(provider, 'a list of batches', page)
        for (const one of data) yield batchOf(provider, one)
        if (data.length === 0 || hasMore === false || (hasMore === undefined && data.length < pageSize)) return
        after = (data.at(-1) as { id: string }).id
      }
    },
    async deleteFile(fileId) {
      try {
        await client.files.delete(fileId, { signal })
      } catch (thrown) {
        const error = toError(thrown)
        if (error.code !== 'not-found') throw error
      }
    },
    async *lines(fileId) {
      const idle = new AbortController()
      try {
        const response = await client.files.content(fileId, { signal: AbortSignal.any([signal, idle.signal]) })
        yield* linesOf(response, idle)
      } catch (error) {
        if (idle.signal.aborted) throw stalled(provider, fileId)
        throw toError(error)
      }
    },
  }
}

/** Longest silence within a download; nothing else ends one that stalls. */
const idleMs = 60_000

/** Not held in memory as one text: 50,000 answers may be longer than a string can be. */
async function* linesOf({ body }: Response, idle: AbortController): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const timer = setTimeout(() => idle.abort(), idleMs)
  let rest = ''
  try {
    for await (const bytes of (body ?? []) as AsyncIterable<Uint8Array>) {
      timer.refresh()
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line.trim() !== '') yield line
    }
  } finally {
    clearTimeout(timer)
  }
  rest += decoder.decode()
  if (rest.trim() !== '') yield rest
}

function stalled(provider: string, fileId: string): SediError {
  const message = `${provider}: the download of ${fileId} was silent for ${idleMs / 1000} s.`
  return new SediError('timeout', message, { retryable: true, details: { charged: 'uncertain' } })
}

function batchOf(provider: string, reply: unknown): Batch {
  const parsed = batchSchema.safeParse(reply)
  if (!parsed.success) throw unexpected(provider, 'a batch', reply)
  const { id, status, request_counts, errors, input_file_id, output_file_id, error_file_id, metadata, created_at } = parsed.data
  return {
    id,
    status,
    counts: request_counts ?? undefined,
    problems: (errors?.data ?? []).map(({ code, line, message }) => ({ code: code ?? '', line: line ?? undefined, message: message ?? '' })),
    inputFileId: input_file_id,
    outputFileId: output_file_id,
    errorFileId: error_file_id,
    metadata: metadata ?? {},
    createdAt: typeof created_at === 'number' ? created_at * 1000 : undefined,
  }
}

function unexpected(provider: string, expected: string, reply: unknown): SediError {
  const start = (JSON.stringify(reply) ?? 'nothing').slice(0, 120)
  return new SediError('provider-response', `${provider}: expected ${expected}, got ${start}`, {
    retryable: true,
    details: { charged: 'uncertain', unexpected: true },
  })
}
