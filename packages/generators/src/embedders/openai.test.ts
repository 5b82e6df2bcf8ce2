import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { SediError } from '@sedi/spec'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { describeEmbedderContract } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import openai from './openai.ts'

type Options = z.input<typeof openai.options>
const secret = 'one.two.three.four'
const create = (options: Options, { apiKey = secret, timeoutMs = 20_000 } = {}) =>
  openai.createEmbedder(openai.options.parse(options), { credentials: apiKey === '' ? {} : { apiKey }, timeoutMs })

const folder = mkdtempSync(join(tmpdir(), 'sedi-embedder-'))
const bookFile = join(folder, 'book.jsonl')
let provider: FakeProvider
let server: Server
let baseUrl: string
let respond: (response: ServerResponse) => void
let body: Record<string, unknown>
let requests = 0

beforeAll(async () => {
  provider = await startFakeProvider({ bookFile, apiKey: secret })
  server = createServer(async (request, response) => {
    requests++
    body = JSON.parse(await text(request)) as Record<string, unknown>
    respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await provider.close()
  rmSync(folder, { recursive: true })
})

describeEmbedderContract({ name: 'openai', create: () => create({ model: 'simulated-embedder', baseUrl: provider.url }) })

describe('openai embedder, at the fake provider', () => {
  it('asks for the length it is told, and says what was used', async () => {
    const embedder = await create({ model: 'simulated-embedder', baseUrl: provider.url, dimensions: 8 })
    const before = readBook(bookFile).totals
    const { embeddings, usage } = await embedder.embed(['sort these words', '', 'count the vowels'])
    expect(embeddings.map((row) => row.length)).toEqual([8, 8, 8])
    expect(embeddings[1]!.every((value) => value === 0)).toBe(true)
    const after = readBook(bookFile).totals
    expect(after.requests - before.requests).toBe(1)
    expect(usage.inputTokens).toBe(after.inputTokens - before.inputTokens)
    expect(embedder).toMatchObject({ modelId: 'simulated-embedder@8', bought: true, maxBatchTokens: 300_000 })
  })

  it.each([
    ['429-retry-after', { code: 'rate-limited', retryable: true, details: { charged: 'none', retryAfterMs: 50 } }],
    ['500', { code: 'provider-response', retryable: true, details: { charged: 'none' } }],
    ['reset-after', { code: 'provider-response', retryable: true, details: { charged: 'uncertain' } }],
    ['html-200', { code: 'provider-response', retryable: true, details: { charged: 'uncertain' } }],
    ['invalid-credential', { code: 'invalid-credential', retryable: false, details: { charged: 'none' } }],
    ['quota', { code: 'quota-exhausted', retryable: false, details: { charged: 'none' } }],
  ] as const)('%s, after one request', async (fault, expected) => {
    provider.enqueue(fault)
    const before = readBook(bookFile).totals.requests
    expect(await failureOf(create({ model: 'simulated-embedder', baseUrl: provider.url }), ['a text'])).toMatchObject(expected)
    expect(readBook(bookFile).totals.requests - before).toBe(1)
  })

  it('a model it does not have, in the words of this key', async () => {
    const error = await failureOf(create({ model: 'no-such-model', baseUrl: provider.url }), ['a text'])
    expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining('embedder.model') })
    expect(error.message).not.toContain('generator.')
  })
})

async function failureOf(embedder: ReturnType<typeof create>, texts: readonly string[]): Promise<SediError> {
  const error = await (await embedder).embed(texts).then(
    (value) => value,
    (thrown: unknown) => thrown,
  )
  if (!SediError.is(error)) throw new Error(`Expected a SediError, got ${inspect(error)}`)
  return error
}

const row = (index: number, embedding: unknown) => ({ object: 'embedding', index, embedding })
const usage = { prompt_tokens: 5, total_tokens: 5 }

describe('openai embedder, at odd servers', () => {
  const ask = async (reply: unknown, texts = ['a', 'b']) => {
    respond = (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
    return (await create({ baseUrl })).embed(texts)
  }

  it('asks for floats, takes rows by their index and gives them unit length', async () => {
    const { embeddings, usage: counted } = await ask({ data: [row(1, [0, 2]), row(0, [3, 4])], usage })
    expect(body).toEqual({ model: 'text-embedding-3-small', input: ['a', 'b'], encoding_format: 'float' })
    expect(embeddings).toEqual([Float32Array.from([0.6, 0.8]), Float32Array.from([0, 1])])
    expect(counted).toEqual({ inputTokens: 5 })
  })

  it.each([[undefined], [null], [{ prompt_tokens: 0 }], [{ prompt_tokens: 'five' }]])('counts usage %j as unknown', async (odd) => {
    expect((await ask({ data: [row(0, [1]), row(1, [1])], usage: odd })).usage.inputTokens).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['too few rows', { data: [row(0, [1])], usage }],
    ['rows of two lengths', { data: [row(0, [1]), row(1, [1, 2])], usage }],
    ['no numbers', { data: [row(0, [1]), row(1, ['x'])], usage }],
    ['null in a row', { data: [row(0, [1]), row(1, [null])], usage }],
    ['an empty row', { data: [row(0, []), row(1, [])], usage }],
    ['an error', { error: { message: 'upstream' } }],
    ['nothing', null],
  ])('reports %s', async (_, reply) => {
    const error = await ask(reply).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'provider-response', retryable: true, details: { charged: 'uncertain' } })
  })

  it('sends nothing for nothing', async () => {
    const before = requests
    expect(await ask({}, [])).toEqual({ embeddings: [], usage: { inputTokens: 0 } })
    await expect(ask({}, ['', ' '])).rejects.toMatchObject({ code: 'invalid-input', details: { charged: 'none' } })
    expect(requests).toBe(before)
  })

  it('stalls', async () => {
    respond = () => {}
    const error = await failureOf(create({ baseUrl }, { timeoutMs: 150 }), ['a'])
    expect(error).toMatchObject({ code: 'timeout', retryable: true, details: { charged: 'uncertain' }, message: expect.stringContaining('embedder.timeoutMs') })
  })

  it('repeats neither texts nor key', async () => {
    respond = (response) => response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `no ${secret}` } }))
    const error = await failureOf(create({ baseUrl }), ['the private text'])
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(error) + error.stack
    expect(shown).not.toContain('one.two')
    expect(shown).not.toContain('the private text')
  })

  it('needs a key at OpenAI', async () => {
    await expect(create({}, { apiKey: '' })).rejects.toMatchObject({ code: 'missing-credential', message: expect.stringContaining('embedder.baseUrl') })
  })
})
