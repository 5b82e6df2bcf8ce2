import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import { type Batches, type BatchOptions, createBatchEndpoints } from './batches/batch-endpoints.ts'
import { type ChatOutcome, completeChat, errorIn } from './complete-chat.ts'
import { control, controlPath } from './control.ts'
import { createFaultPlan, type Plan, type RandomFaults, type Rule } from './fault-plan.ts'
import { page } from './faults/fault.ts'
import { invalidKeyWords } from './faults/refusals.ts'
import { fractions } from './fractions.ts'
import { findImitation, type ImitationId } from './list-imitations.ts'
import { listModels } from './list-models.ts'
import { type BookOutcome, openBook } from './open-book.ts'
import { createPromptCache, noPromptCache } from './prompt-cache.ts'
import { createRateLimits, type RateLimitOptions } from './rate-limits.ts'
import { jsonReply, type Reply } from './reply.ts'
import { aboutRequest, keyOf } from './request-about.ts'
import { type Decide, findRoute } from './routes.ts'
import { sendReply, type Wire } from './send-reply.ts'
import { createTeacher } from './teach.ts'

export type FakeProviderOptions = {
  /** The request book, appended to; created with its folders, and with an empty lock file beside it. One server per book. */
  readonly bookFile: string
  /** @default 0: a free one */
  readonly port?: number | undefined
  /** Which server it is like. @default 'openai' */
  readonly imitation?: ImitationId | undefined
  /** The key clients must send. Default: anyone may ask. */
  readonly apiKey?: string | undefined
  /** @default 1 */
  readonly worldSeed?: number | undefined
  /** Says this to everything instead of teaching, which spares the processor; for benchmarks. */
  readonly answer?: string | undefined
  /** How long an answer takes, or the shortest and longest it takes; in a range each request's own is fixed by its content. @default 0 */
  readonly latencyMs?: number | readonly [number, number] | undefined
  readonly limits?: RateLimitOptions | undefined
  /** Whether beginnings of prompts that came before count as cached. @default true */
  readonly promptCache?: boolean | undefined
  /** What happens to the first requests, one entry each in order of arrival. */
  readonly scenario?: readonly Plan[] | undefined
  /** What happens to requests that match. */
  readonly rules?: readonly Rule[] | undefined
  /** What may happen to the requests after the scenario. */
  readonly faults?: RandomFaults | undefined
  /** Called with each request for a completion as it arrives. */
  readonly onRequest?: ((body: string) => void) | undefined
  readonly batches?: BatchOptions | undefined
}

export interface FakeProvider {
  /** What clients use as their base URL: `http://127.0.0.1:<port>/v1`, or the imitation's own path. */
  readonly url: string
  readonly port: number
  /** Puts requests to come at the end of the scenario. */
  enqueue(...plans: readonly Plan[]): void
  /** Forgets the scenario and the rules. */
  clear(): void
  /** Files and batches. */
  readonly batches: Batches
  /** Drops open connections, waits until the book is complete. */
  close(): Promise<void>
}

// Longer than a client needs to notice, shorter than it needs to give up.
const outageMs = 300

/**
 * An OpenAI-compatible server on loopback whose model is the simulated teacher. Every request for work is in the book before it is worked on,
 * and how it ended before a byte of the answer leaves.
 * Rejects with `conflict` when another server keeps the same book, and with the system's error when the port is taken.
 */
export async function startFakeProvider(options: FakeProviderOptions): Promise<FakeProvider> {
  const plan = createFaultPlan(options.scenario ?? [], options.faults)
  for (const rule of options.rules ?? []) plan.add(rule)
  const imitationId = options.imitation ?? 'openai'
  const imitation = findImitation(imitationId)
  const basePath = imitation.basePath ?? '/v1'
  const modelsPath = `${basePath}/models`
  const book = await openBook(options.bookFile)
  const context = {
    teacher: createTeacher(options.worldSeed ?? 1, options.answer),
    imitation,
    apiKey: options.apiKey,
    promptCache: options.promptCache === false ? noPromptCache : createPromptCache(),
  }
  // Each kind of work has a model of its own, and limits hold for a model.
  const rateLimitsOf = memoize((_operation: string) => createRateLimits(options.limits ?? {}, Date.now))
  const occurrenceOf = createCounter()
  const closing = new AbortController()
  const underway = new Set<Promise<void>>()
  const doomed = new WeakSet<Socket>()

  /** One request of a batch: limits per minute do not hold for it, and nobody waits for it. */
  async function answerInBatch(body: string, key: string): Promise<Reply> {
    options.onRequest?.(body)
    const planned = plan.next(body, occurrenceOf(body))
    const sequence = await book.received(body, { imitation: imitationId })
    const outcome = completeChat(body, key, planned, { ...context, rateLimits: createRateLimits({}, Date.now) })
    await book.finished(sequence, bookOutcome(outcome))
    return outcome.reply
  }
  const batches = createBatchEndpoints({ options: options.batches ?? {}, apiKey: options.apiKey, answer: answerInBatch, signal: closing.signal })

  /** A request for work: booked, decided, waited for, booked again, sent. */
  async function work(request: IncomingMessage, response: ServerResponse, operation: string, decide: Decide): Promise<void> {
    const body = await text(request)
    if (operation === 'chat') options.onRequest?.(body)
    const occurrence = occurrenceOf(body)
    const planned = plan.next(body, occurrence)
    const sequence = await book.received(body, aboutRequest(request, operation, imitationId))
    const outcome = decide(body, keyOf(request, imitation), planned, { ...context, rateLimits: rateLimitsOf(operation) })
    const latencyMs = latency(options.latencyMs, body, occurrence)
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal: closing.signal })
    await book.finished(sequence, bookOutcome(outcome))
    const headers = { 'x-request-id': `req_${sequence}`, ...imitation.headers, ...outcome.reply.headers }
    sendReply(response, { ...outcome.reply, headers }, wire)
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method } = request
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const route = method === 'POST' ? findRoute(pathname, basePath) : undefined
    if (route !== undefined) return work(request, response, route.operation, route.decide)
    const batchReply = await batches.handle(request)
    if (batchReply !== undefined) return sendReply(response, batchReply, wire)
    if (pathname === controlPath) return sendReply(response, control(method, await text(request), plan), wire)
    request.resume()
    sendReply(response, otherReply(request, pathname), wire)
  }

  function otherReply(request: IncomingMessage, pathname: string): Reply {
    if (pathname === '/__login') return page(200)
    if (pathname === '/__loop') return { status: 307, body: '', headers: { location: '/__loop' } }
    const own = request.method === 'GET' ? imitation.pages?.[pathname] : undefined
    const isList = request.method === 'GET' && (pathname === modelsPath || pathname.startsWith(`${modelsPath}/`))
    if (own === undefined && !isList) return errorIn(imitation, { status: 404, message: `Invalid URL (${request.method} ${pathname})` })
    const key = keyOf(request, imitation)
    const isFree = own?.free || (isList && imitation.publicModels)
    if (!isFree && options.apiKey !== undefined && key !== options.apiKey) return errorIn(imitation, invalidKeyWords(key))
    return own === undefined ? listModels(pathname.slice(modelsPath.length), imitation) : jsonReply(200, own.body)
  }

  const server = createServer((request, response) => {
    if (doomed.delete(request.socket)) return request.socket.resetAndDestroy()
    // A request that cannot be completed (its client left, the book or the server is closing) gets no answer.
    const handling = handle(request, response).catch(() => void response.destroy())
    underway.add(handling)
    void handling.finally(() => underway.delete(handling))
  })
  await listen(server, options.port ?? 0).catch(async (error: unknown) => {
    await book.close()
    throw error
  })
  const { port } = server.address() as AddressInfo

  let comeBack: NodeJS.Timeout | undefined
  /** The port may have been given to the end of somebody's connection meanwhile: then a moment later. */
  function listenAgain(): void {
    listen(server, port).catch(() => {
      comeBack = setTimeout(listenAgain, 50)
    })
  }
  const wire: Wire = {
    goOffline() {
      server.close()
      server.closeAllConnections()
      clearTimeout(comeBack)
      comeBack = setTimeout(listenAgain, outageMs)
    },
    doom: (socket) => void doomed.add(socket),
  }

  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    port,
    enqueue: (...plans) => plan.enqueue(plans),
    clear: () => plan.clear(),
    batches,
    async close() {
      closing.abort()
      clearTimeout(comeBack)
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await Promise.all([closed, ...underway, batches.settled()])
      await book.close()
    },
  }
}

function memoize<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const made = new Map<Key, Value>()
  return (key) => {
    if (!made.has(key)) made.set(key, make(key))
    return made.get(key)!
  }
}

/** How often a text came before. Keeps its digest only: bodies are long, and there may be many. */
function createCounter(): (body: string) => number {
  const counts = new Map<number, number>()
  return (body) => {
    const [high, low] = fractions(`count/${body}`)
    const digest = high + low / 2 ** 32
    const count = counts.get(digest) ?? 0
    counts.set(digest, count + 1)
    return count
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function bookOutcome({ outcome, completion }: ChatOutcome): BookOutcome {
  const usage = completion?.usage ?? { inputTokens: 0, outputTokens: 0 }
  return { outcome, charged: completion !== undefined, ...usage, text: completion?.text ?? null }
}

function latency(latencyMs: FakeProviderOptions['latencyMs'], body: string, occurrence: number): number {
  if (latencyMs === undefined || typeof latencyMs === 'number') return latencyMs ?? 0
  const [shortest, longest] = latencyMs
  return shortest + fractions(`latency/${occurrence}/${body}`)[0] * (longest - shortest)
}
