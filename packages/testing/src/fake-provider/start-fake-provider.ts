import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { createWorld } from '@sedi/simulation'
import { type ChatOutcome, completeChat, teacherModel } from './complete-chat.ts'
import { createFaultPlan, fractions, type Plan, type RandomFaults } from './fault-plan.ts'
import { invalidKeyReply } from './faults.ts'
import { type BookOutcome, openBook } from './open-book.ts'
import { createRateLimits, type RateLimitOptions } from './rate-limits.ts'
import { errorReply, jsonReply, type Reply } from './reply.ts'
import { sendReply } from './send-reply.ts'

export type FakeProviderOptions = {
  /** The request book, appended to; created with its folders, and with an empty lock file beside it. One server per book. */
  readonly bookFile: string
  /** @default 0: a free one */
  readonly port?: number | undefined
  /** The bearer key clients must send. Default: anyone may ask. */
  readonly apiKey?: string | undefined
  /** @default 1 */
  readonly worldSeed?: number | undefined
  /** How long an answer takes, or the shortest and longest it takes; in a range each request's own is fixed by its content. @default 0 */
  readonly latencyMs?: number | readonly [number, number] | undefined
  readonly limits?: RateLimitOptions | undefined
  /** What happens to the first requests, one entry each in order of arrival. */
  readonly scenario?: readonly Plan[] | undefined
  /** What may happen to the requests after the scenario. */
  readonly faults?: RandomFaults | undefined
  /** Called with each request for a completion as it arrives. */
  readonly onRequest?: ((body: string) => void) | undefined
}

export interface FakeProvider {
  /** What clients use as their base URL: `http://127.0.0.1:<port>/v1`. */
  readonly url: string
  readonly port: number
  /** Puts requests to come at the end of the scenario. */
  enqueue(...plans: readonly Plan[]): void
  /** Drops open connections, waits until the book is complete. */
  close(): Promise<void>
}

/**
 * An OpenAI-compatible server on loopback whose model is the simulated teacher. Every request for a completion is in the book
 * before it is worked on, and how it ended before a byte of the answer leaves.
 * Rejects with `conflict` when another server keeps the same book, and with the system's error when the port is taken.
 */
export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const plan = createFaultPlan(options.scenario ?? [], options.faults)
  const book = await openBook(options.bookFile)
  const context = {
    world: createWorld({ worldSeed: options.worldSeed ?? 1 }),
    apiKey: options.apiKey,
    rateLimits: createRateLimits(options.limits ?? {}, Date.now),
  }
  const seen = new Map<string, number>()
  const closing = new AbortController()
  const underway = new Set<Promise<void>>()

  async function handleChat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    options.onRequest?.(body)
    const occurrence = seen.get(body) ?? 0
    seen.set(body, occurrence + 1)
    const planned = plan.next(body, occurrence)
    const sequence = await book.received(body)
    const outcome = completeChat(body, bearerKey(request), planned, context)
    await wait(latency(options.latencyMs, body, occurrence), undefined, { signal: closing.signal })
    await book.finished(sequence, bookOutcome(outcome))
    const headers = { 'x-request-id': `req_${sequence}`, ...outcome.reply.headers }
    sendReply(response, { ...outcome.reply, headers })
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method } = request
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (method === 'POST' && pathname === '/v1/chat/completions') return handleChat(request, response)
    request.resume()
    if (method === 'GET' && pathname === '/v1/models') return sendReply(response, modelsReply(bearerKey(request), options.apiKey))
    sendReply(response, errorReply(404, `Invalid URL (${method} ${pathname})`))
  }

  const server = createServer((request, response) => {
    // A request that cannot be completed (its client left, the book or the server is closing) gets no answer.
    const work = handle(request, response).catch(() => void response.destroy())
    underway.add(work)
    void work.finally(() => underway.delete(work))
  })
  await listen(server, options.port ?? 0).catch(async (error: unknown) => {
    await book.close()
    throw error
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    enqueue: (...plans) => plan.enqueue(plans),
    async close() {
      closing.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, ...underway])
      await book.close()
    },
  }
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

function bearerKey(request: IncomingMessage): string {
  return request.headers.authorization?.match(/^Bearer (.+)$/)?.[1] ?? ''
}

function bookOutcome({ outcome, completion }: ChatOutcome): BookOutcome {
  const { inputTokens, outputTokens } = completion?.usage ?? { inputTokens: 0, outputTokens: 0 }
  return { outcome, charged: completion !== undefined, inputTokens, outputTokens, text: completion?.text ?? null }
}

function latency(latencyMs: FakeProviderOptions['latencyMs'], body: string, occurrence: number): number {
  if (latencyMs === undefined || typeof latencyMs === 'number') return latencyMs ?? 0
  const [shortest, longest] = latencyMs
  return shortest + fractions(`latency/${occurrence}/${body}`)[0] * (longest - shortest)
}

function modelsReply(key: string, apiKey: string | undefined): Reply {
  if (apiKey !== undefined && key !== apiKey) return invalidKeyReply(key)
  return jsonReply(200, { object: 'list', data: [{ id: teacherModel, object: 'model', created: 0, owned_by: 'sedi' }] })
}
