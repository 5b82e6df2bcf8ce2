import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SediError } from '@sedi/spec'
import { type FakeProvider, startFakeProvider } from '@sedi/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import openai from './openai.ts'

const secret = 'one.two.three.four'
const create = (baseUrl: string, timeoutMs = 20_000, apiKey: string | undefined = secret) =>
  openai.createModerator(openai.options.parse({ baseUrl }), { credentials: apiKey === undefined ? {} : { apiKey }, timeoutMs })

describe('against the fake provider', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-moderation-'))
  let fake: FakeProvider
  beforeAll(async () => {
    fake = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), apiKey: secret })
  })
  afterAll(async () => {
    await fake.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('judges each text, in order', async () => {
    const moderator = await create(fake.url)
    expect([moderator.provider, moderator.modelId, moderator.maxBatchSize]).toEqual(['openai', 'omni-moderation-latest', 32])
    expect(await moderator.moderate(['Name a river.', 'How to stab a man'])).toEqual([
      { flagged: false, categories: [] },
      { flagged: true, categories: ['violence'] },
    ])
  })

  it('says that a key is wrong without showing it', async () => {
    const wrong = await create(fake.url, 2000, 'wrong.key.wrong.key')
    const error = await wrong.moderate(['x']).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'invalid-credential', retryable: false })
    expect(String((error as Error).message)).not.toContain('wrong.key.wrong.key')
  })
})

describe('against odd servers', () => {
  let server: Server
  let reply: { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string } | 'nothing'
  const received: Record<string, unknown>[] = []
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      received.push(JSON.parse(await text(request)) as Record<string, unknown>)
      if (reply !== 'nothing') response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers }).end(reply.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const sends = (body: unknown, rest: { status?: number; headers?: Record<string, string> } = {}) => {
    reply = { body: JSON.stringify(body), ...rest }
  }
  const failure = async (timeoutMs?: number, signal?: AbortSignal): Promise<SediError> => {
    const moderator = await create(address(), timeoutMs)
    const error = await moderator.moderate(['a'], { signal }).catch((thrown: unknown) => thrown)
    if (!SediError.is(error)) throw new Error(`expected a SediError, got ${String(error)}`)
    return error
  }

  it('sends model and texts, and names categories by certainty', async () => {
    sends({
      results: [{ flagged: true, categories: { hate: true, violence: true, sexual: false, illicit: null }, category_scores: { hate: 0.6, violence: 0.9 } }],
    })
    expect(await (await create(address())).moderate(['a'])).toEqual([{ flagged: true, categories: ['violence', 'hate'] }])
    expect(received.at(-1)).toEqual({ model: 'omni-moderation-latest', input: ['a'] })
  })

  it('asks nothing about nothing', async () => {
    const before = received.length
    expect(await (await create(address())).moderate([])).toEqual([])
    expect(received).toHaveLength(before)
  })

  it.each([
    ['too few judgements', { results: [] }, { code: 'provider-response', retryable: true }],
    ['something else', { id: 'modr-1' }, { code: 'provider-response', retryable: true }],
    ['a verdict that is none', { results: [{ flagged: 'maybe' }] }, { code: 'provider-response', retryable: true }],
  ])('takes %s for no answer', async (_, body, expected) => {
    sends(body)
    expect(await failure()).toMatchObject(expected)
  })

  it('passes on how long the service asks to wait', async () => {
    sends({ error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } }, { status: 429, headers: { 'retry-after': '7' } })
    expect(await failure()).toMatchObject({ code: 'rate-limited', retryable: true, details: { retryAfterMs: 7000 } })
  })

  it('ends at its time-out, and when told to', async () => {
    reply = 'nothing'
    expect(await failure(50)).toMatchObject({ code: 'timeout', retryable: true, message: expect.stringContaining('Raise moderator.timeoutMs') })
    expect(await failure(5000, AbortSignal.timeout(50))).toMatchObject({ code: 'aborted' })
    expect(await failure(5000, AbortSignal.abort())).toMatchObject({ code: 'aborted' })
  })

  it('says which key is missing', async () => {
    const noKey = openai.createModerator(openai.options.parse({}), { credentials: {}, timeoutMs: 1000 })
    await expect(noKey).rejects.toMatchObject({ code: 'missing-credential', message: expect.stringMatching(/OPENAI_API_KEY.*moderator\.baseUrl/) })
  })
})
