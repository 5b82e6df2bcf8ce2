import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createWorld } from '@sedi/simulation'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readBook } from './read-book.ts'
import { runFakeProvider } from './run-fake-provider.ts'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './start-fake-provider.ts'

const messages = [{ role: 'user', content: 'Write one task about sorting words.' }] as const
const question = { model: 'simulated-teacher', messages, max_completion_tokens: 300, seed: 5 }

describe('startFakeProvider', () => {
  let folder: string
  let provider: FakeProvider | undefined

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sedi-fake-'))
  })
  afterEach(async () => {
    await provider?.close()
    provider = undefined
    await rm(folder, { recursive: true })
  })

  const bookFile = () => path.join(folder, 'book.jsonl')
  const lastEntry = () => readBook(bookFile()).entries.at(-1)

  async function start(options: Partial<FakeProviderOptions> = {}): Promise<void> {
    provider = await startFakeProvider({ bookFile: bookFile(), ...options })
  }
  async function post(body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${provider!.url}/chat/completions`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers })
    // biome-ignore lint/suspicious/noExplicitAny: the point is to look at whatever came
    return { status: response.status, headers: response.headers, json: (await response.json()) as any }
  }

  it('answers with the words and the count of its world', async () => {
    await start({ worldSeed: 7 })
    const { status, headers, json } = await post({ ...question, temperature: 1, top_p: 1, stop: ['###'] })
    const taught = createWorld({ worldSeed: 7 }).teach({ messages, maxOutputTokens: 300, seed: 5, temperature: 1, stop: ['###'] })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      object: 'chat.completion',
      model: 'simulated-teacher',
      choices: [{ index: 0, message: { role: 'assistant', content: taught.text, refusal: null }, finish_reason: taught.finishReason }],
      usage: {
        prompt_tokens: taught.usage.inputTokens,
        completion_tokens: taught.usage.outputTokens,
        total_tokens: taught.usage.inputTokens + taught.usage.outputTokens,
      },
    })
    expect(headers.get('x-request-id')).toBe('req_1')
  })

  it('takes max_tokens, and seed 0 for no seed', async () => {
    await start()
    const { seed: _, max_completion_tokens: limit, ...rest } = question
    const old = await post({ ...rest, max_tokens: limit })
    expect(old.json.choices).toEqual((await post({ ...question, seed: 0 })).json.choices)
  })

  it('lists its model', async () => {
    await start({ apiKey: 'k' })
    const list = (key: string) => fetch(`${provider!.url}/models`, { headers: { authorization: `Bearer ${key}` } })
    expect((await list('wrong')).status).toBe(401)
    expect(await (await list('k')).json()).toMatchObject({
      data: expect.arrayContaining([{ id: 'simulated-teacher', object: 'model', created: 0, owned_by: 'sedi' }]),
    })
    expect(readBook(bookFile()).entries).toEqual([])
  })

  it('wants the key when it has one', async () => {
    await start({ apiKey: 'right' })
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'right' }]) {
      expect(await post(question, headers)).toMatchObject({ status: 401, json: { error: { code: 'invalid_api_key' } } })
      expect(lastEntry()).toMatchObject({ outcome: 'refused-401', charged: false })
    }
    expect((await post(question, { authorization: 'Bearer right' })).status).toBe(200)
  })

  it.each([
    ['an unknown field', { ...question, temprature: 1 }, 'unknown_parameter', 'temprature'],
    ['a field it does not imitate', { ...question, logprobs: true }, 'unknown_parameter', 'logprobs'],
    ['stream as text', { ...question, stream: 'true' }, 'invalid_value', 'stream'],
    ['two answers', { ...question, n: 2 }, 'invalid_value', 'n'],
    ['a format without a name', { ...question, response_format: { type: 'json_schema', json_schema: { schema: {} } } }, 'invalid_value', 'response_format'],
    ['five stops', { ...question, stop: ['a', 'b', 'c', 'd', 'e'] }, 'invalid_value', 'stop'],
    ['no messages', { model: 'simulated-teacher' }, 'missing_required_parameter', 'messages'],
    ['empty messages', { ...question, messages: [] }, 'invalid_value', 'messages'],
    ['an unknown role', { ...question, messages: [{ role: 'toString', content: 'x' }] }, 'invalid_value', 'messages'],
    ['an unknown field in a message', { ...question, messages: [{ role: 'user', content: 'x', name: 'y' }] }, 'invalid_value', 'messages'],
    ['both limits', { ...question, max_tokens: 3 }, 'invalid_parameter_combination', 'max_tokens'],
    ['a limit of 0', { ...question, max_completion_tokens: 0 }, 'invalid_value', 'max_completion_tokens'],
    ['a temperature as text', { ...question, temperature: '1' }, 'invalid_value', 'temperature'],
    ['a body that is not JSON', '{"model":', null, null],
    ['a body that is not an object', '[]', null, null],
  ])('refuses %s', async (_, body, code, param) => {
    await start()
    expect(await post(body)).toMatchObject({ status: 400, json: { error: { code, param, type: 'invalid_request_error' } } })
    expect(lastEntry()).toMatchObject({ outcome: 'refused-400', charged: false, inputTokens: 0 })
  })

  it('does not know other models, paths and methods', async () => {
    await start()
    expect(await post({ ...question, model: 'gpt-5' })).toMatchObject({ status: 404, json: { error: { code: 'model_not_found' } } })
    expect((await fetch(`${provider!.url}/audio/speech`, { method: 'POST', body: '{}' })).status).toBe(404)
    expect((await fetch(`${provider!.url}/chat/completions`)).status).toBe(404)
    expect(readBook(bookFile()).entries).toHaveLength(1)
  })

  it('limits requests', async () => {
    await start({ limits: { requestsPerMinute: 2 } })
    const first = await post(question)
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1')
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2')
    expect((await post(question)).status).toBe(200)
    const third = await post(question)
    expect(third).toMatchObject({ status: 429, json: { error: { code: 'rate_limit_exceeded' } } })
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(50)
    expect(lastEntry()).toMatchObject({ outcome: 'refused-429', charged: false })
  })

  it('limits tokens by what a request may use, and admits again after retry-after', async () => {
    await start({ limits: { tokensPerMinute: 400 * 12, windowMs: 5_000 } })
    expect((await post(question)).status).toBe(200)
    const refused = await post(question)
    expect(refused.status).toBe(429)
    await new Promise((resolve) => setTimeout(resolve, Number(refused.headers.get('retry-after-ms')) + 5))
    expect((await post(question)).status).toBe(200)
  })

  it('takes its time, out of a range', async () => {
    await start({ latencyMs: [20, 300] })
    const timed = async (seed: number) => {
      const startedAt = performance.now()
      await post({ ...question, seed })
      return performance.now() - startedAt
    }
    const times: number[] = []
    for (const seed of [1, 2, 3, 4, 5, 6]) times.push(await timed(seed))
    expect(Math.min(...times)).toBeGreaterThan(18)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(30)
  })

  it('books a fault as what it is', async () => {
    await start({ scenario: ['500', 'truncated', 'normal'] })
    expect((await post(question)).status).toBe(500)
    await expect(post(question)).rejects.toThrow()
    provider!.enqueue('quota')
    await post(question)
    await post(question)
    const { entries, totals } = readBook(bookFile())
    expect(entries.map(({ outcome, charged }) => [outcome, charged])).toEqual([
      ['500', false],
      ['truncated', true],
      ['answered', true],
      ['quota', false],
    ])
    expect(totals).toMatchObject({ requests: 4, answered: 1, charged: 2, chargedAgain: 1 })
  })

  it('closes with requests under way', async () => {
    let received = 0
    await start({ latencyMs: 10_000, scenario: ['normal', 'stall'], onRequest: () => received++ })
    const answers = [post(question), post({ ...question, seed: 6 })].map((answer) => answer.catch(() => 'dropped'))
    await expect.poll(() => received).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await provider!.close()
    provider = undefined
    expect(await Promise.all(answers)).toEqual(['dropped', 'dropped'])
    expect(readBook(bookFile()).totals).toMatchObject({ requests: 2, charged: 0 })
  })

  it('runs until told to stop', async () => {
    const stop = new AbortController()
    let port = 0
    const run = runFakeProvider({
      bookFile: bookFile(),
      signal: stop.signal,
      onListening: (started) => {
        port = started.port
        stop.abort()
      },
    })
    await run
    expect(port).toBeGreaterThan(0)
    await expect(fetch(`http://127.0.0.1:${port}/v1/models`)).rejects.toThrow()
  })

  it('leaves no book-keeper behind when the port is taken', async () => {
    await start()
    const second = { bookFile: path.join(folder, 'second.jsonl'), port: provider!.port }
    await expect(startFakeProvider(second)).rejects.toThrow(/EADDRINUSE/)
    const third = await startFakeProvider({ bookFile: second.bookFile })
    await third.close()
  })
})
