import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { countTokens } from '@sedi/simulation'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { embedText } from './embed.ts'
import { readBook } from './read-book.ts'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './start-fake-provider.ts'

const messages = [{ role: 'user', content: 'Continue the list below with 3 new tasks.' }]
const question = { model: 'simulated-teacher', messages, max_completion_tokens: 2_000, seed: 5 }

describe('the fake provider', () => {
  let folder: string
  let provider: FakeProvider

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sedi-work-'))
  })
  afterEach(async () => {
    await provider.close()
    await rm(folder, { recursive: true })
  })

  const book = () => readBook(path.join(folder, 'book.jsonl'))

  async function start(options: Partial<FakeProviderOptions> = {}) {
    provider = await startFakeProvider({ bookFile: path.join(folder, 'book.jsonl'), ...options })
  }

  async function send(to: string, body: unknown, { method = 'POST', headers = {} }: RequestInit = {}) {
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
    const response = await fetch(new URL(to, `${provider.url}/`), init)
    // biome-ignore lint/suspicious/noExplicitAny: the point is to look at whatever came
    return { status: response.status, json: (await response.json()) as any }
  }
  const ask = (changes: object = {}, headers = {}) => send('chat/completions', { ...question, ...changes }, { headers })

  it('counts what the prompt cache had, in the reply and in the book', async () => {
    await start()
    const rules = 'Follow every rule. '.repeat(400)
    const withRules = (end: string) => ({
      messages: [
        { role: 'system', content: rules },
        { role: 'user', content: end },
      ],
    })
    expect((await ask(withRules('First.'))).json.usage.prompt_tokens_details).toEqual({ cached_tokens: 0 })
    const cached = (await ask(withRules('Second.'))).json.usage.prompt_tokens_details.cached_tokens
    expect(cached).toBeGreaterThan(1_024)
    expect(cached % 128).toBe(0)
    expect(book().entries.map(({ cachedTokens }) => cachedTokens)).toEqual([0, cached])
    expect(book().totals.cachedTokens).toBe(cached)
  })

  it('holds an answer to a schema, model by model', async () => {
    await start()
    const schema = { type: 'object', properties: { tasks: { type: 'array', items: { type: 'object', properties: { instruction: { type: 'string' } } } } } }
    const format = { response_format: { type: 'json_schema', json_schema: { name: 'tasks', strict: true, schema } } }
    const { content } = (await ask(format)).json.choices[0].message
    expect(JSON.parse(content).tasks.length).toBeGreaterThan(1)
    const cut = (await ask({ ...format, max_completion_tokens: 20 })).json
    expect(cut.choices[0].finish_reason).toBe('length')
    expect(cut.usage.completion_tokens).toBeLessThanOrEqual(20)
    expect((await ask({ ...format, model: 'simulated-loose' })).json.choices[0].message.content).toMatch(/Instruction:/)
    const { max_completion_tokens: limit, seed: _, ...rest } = question
    const legacy = await send('chat/completions', { ...rest, ...format, max_tokens: limit, model: 'simulated-legacy' })
    expect(legacy).toMatchObject({ status: 400, json: { error: { param: 'response_format' } } })
  })

  it('has a model that thinks, refuses what such models refuse, and may say nothing', async () => {
    await start()
    const think = (changes: object) => ask({ model: 'simulated-reasoner', ...changes })
    const { json } = await think({})
    const { reasoning_tokens: reasoning } = json.usage.completion_tokens_details
    expect(reasoning).toBeGreaterThan(99)
    expect(json.usage.completion_tokens).toBe(reasoning + countTokens(json.choices[0].message.content))
    expect(book().entries.at(-1)).toMatchObject({ reasoningTokens: reasoning, outputTokens: json.usage.completion_tokens })
    expect((await think({ max_completion_tokens: 90 })).json).toMatchObject({
      choices: [{ finish_reason: 'length', message: { content: '' } }],
      usage: { completion_tokens: 90, completion_tokens_details: { reasoning_tokens: 90 } },
    })
    expect(await think({ temperature: 1 })).toMatchObject({ status: 200 })
    expect(await think({ temperature: 0.7 })).toMatchObject({ status: 400, json: { error: { param: 'temperature', code: 'unsupported_value' } } })
    expect(await think({ stop: ['x'] })).toMatchObject({ status: 400, json: { error: { param: 'stop', code: 'unsupported_parameter' } } })
    const old = await think({ max_completion_tokens: undefined, max_tokens: 9 })
    expect(old).toMatchObject({ status: 400, json: { error: { param: 'max_tokens', code: 'unsupported_parameter' } } })
  })

  it('says one thing to everything, if told to, within the limit', async () => {
    await start({ answer: 'one two three' })
    expect((await ask()).json).toMatchObject({ choices: [{ message: { content: 'one two three' }, finish_reason: 'stop' }], usage: { completion_tokens: 3 } })
    expect((await ask({ max_completion_tokens: 1 })).json).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 1 } })
  })

  it('has models that leave, left, and have a small context', async () => {
    await start()
    expect(await ask({ model: 'simulated-leaving' })).toMatchObject({ status: 200 })
    expect(await ask({ model: 'simulated-retired' })).toMatchObject({ status: 404 })
    expect((await send('models/simulated-leaving', undefined, { method: 'GET' })).json).toMatchObject({ shutdown_date: '2099-01-14' })
    expect(await ask({ model: 'simulated-small', max_completion_tokens: 2_048 })).toMatchObject({
      status: 400,
      json: { error: { code: 'context_length_exceeded' } },
    })
  })

  it('gives vectors, and charges for them', async () => {
    await start({ apiKey: 'k', limits: { requestsPerMinute: 4 } })
    const embed = (body: object, key = 'k') => send('embeddings', body, { headers: { authorization: `Bearer ${key}` } })
    const input = ['Sort these.', '数学']
    const plain = await embed({ model: 'simulated-embedder', input })
    expect(plain.json).toMatchObject({
      object: 'list',
      usage: { prompt_tokens: countTokens(input.join('')) },
      data: [{ index: 0 }, { index: 1, embedding: embedText('数学') }],
    })
    const coded = await embed({ model: 'simulated-embedder', input: 'Sort these.', encoding_format: 'base64' })
    const bytes = Buffer.from(coded.json.data[0].embedding, 'base64')
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)]).toEqual(embedText('Sort these.'))
    expect((await embed({ model: 'simulated-embedder', input }, 'wrong')).status).toBe(401)
    expect((await embed({ model: 'simulated-embedder', input: [''] })).status).toBe(400)
    expect((await embed({ model: 'other', input })).status).toBe(404)
    provider.enqueue('429-retry-after', 'sse-stall')
    expect((await embed({ model: 'simulated-embedder', input })).status).toBe(429)
    expect((await embed({ model: 'simulated-embedder', input })).status).toBe(200)
    expect((await embed({ model: 'simulated-embedder', input })).status).toBe(429)
    expect(book().totals).toMatchObject({ charged: 3, chargedAgain: 1, outputTokens: 0 })
    expect(book().entries.every(({ operation }) => operation === 'embeddings')).toBe(true)
  })

  it('flags words, for nothing', async () => {
    await start()
    const { json } = await send('moderations', { input: ['Sort these words.', 'How to build a bomb'] })
    expect(json.results).toMatchObject([
      { flagged: false, categories: { violence: false } },
      { flagged: true, categories: { violence: true }, category_scores: { violence: 0.98 } },
    ])
    expect(book().entries).toMatchObject([{ operation: 'moderations', charged: false, outcome: 'answered' }])
  })

  it('writes down how the client names a request, and charges the same one twice', async () => {
    await start({ scenario: ['lost-reply'] })
    const names = { 'x-client-request-id': 'r01-c0001/1', 'idempotency-key': 'again' }
    await expect(ask({}, names)).rejects.toThrow()
    expect((await ask({}, names)).status).toBe(200)
    const entry = { clientRequestId: 'r01-c0001/1', idempotencyKey: 'again', charged: true }
    expect(book()).toMatchObject({ entries: [entry, entry], totals: { charged: 2, chargedAgain: 1 } })
  })

  it('takes plans from other processes', async () => {
    await start()
    const control = (method: string, body?: unknown) => send('/__scenario', body, { method })
    expect((await control('PUT', ['429', 'normal'])).json).toEqual({ pending: ['429', 'normal'] })
    expect((await ask()).status).toBe(429)
    expect((await ask()).status).toBe(200)
    await control('PUT', { match: { promptRegex: 'new tasks', nth: 2 }, do: ['500', '529'] })
    expect((await ask({ messages: [{ role: 'user', content: 'Else' }] })).status).toBe(200)
    expect([(await ask()).status, (await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 500, 529, 200])
    await control('PUT', [{ match: { model: 'simulated-loose', prob: 1 }, do: ['500'], seed: 1 }, '503-loading'])
    expect((await control('GET')).json.faults).toContainEqual(expect.objectContaining({ kind: '429', group: 'limits' }))
    expect((await ask({ model: 'simulated-loose' })).status).toBe(503)
    expect((await ask({ model: 'simulated-loose' })).status).toBe(500)
    await control('DELETE')
    expect((await ask({ model: 'simulated-loose' })).status).toBe(200)
    expect(await control('PUT', ['explode'])).toMatchObject({ status: 400, json: { error: { message: expect.stringContaining('unknown fault explode') } } })
    expect((await control('PUT', 7)).status).toBe(400)
  })

  it('refuses connections for a moment after an outage', async () => {
    await start()
    const isRefused = (): Promise<boolean> =>
      ask().then(
        () => false,
        () => true,
      )
    // The moment may be over before a loaded machine has asked again: then there is another one.
    let refused = false
    for (let tries = 0; tries < 10 && !refused; tries++) {
      provider!.enqueue('outage')
      await expect(ask()).rejects.toThrow()
      refused = await isRefused()
    }
    expect(refused).toBe(true)
    await expect.poll(isRefused).toBe(false)
    expect((await ask()).status).toBe(200)
  })
})
