import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type * as z from 'zod'
import { completion, failureOf, type OddServer, question, refuses, sends, sendsChoice, startOddServer } from '../fixtures/odd-server.ts'
import openai from '../providers/openai.ts'
import type { Preset } from './preset.ts'
import { presets } from './registry.gen.ts'

type Id = keyof typeof presets
type Options = z.input<typeof openai.options>

let server: OddServer
beforeAll(async () => {
  server = await startOddServer()
})
afterAll(() => server.close())

const create = (preset: Id, options: Options = {}, apiKey = 'one.two.three') =>
  openai.createTextGenerator('m', openai.options.parse({ preset, baseUrl: server.baseUrl, ...options }), { credentials: { apiKey }, timeoutMs: 20_000 })

const everything = {
  ...question,
  temperature: 0,
  topP: 0.9,
  seed: 5,
  stop: ['a', 'b', 'c', 'd', 'e'],
  responseFormat: { name: 'tasks', schema: { type: 'object', properties: {}, required: [], additionalProperties: false } },
}

const all = Object.entries(presets) as [Id, Preset][]

describe.each(all)('preset %s', (id, preset) => {
  it('is named like its file and says where its facts were read, and when', () => {
    expect(preset.id).toBe(id)
    expect(preset.title).not.toBe('')
    expect(preset.sources.length).toBeGreaterThan(0)
    for (const { says, from, read } of preset.sources) {
      expect([says, from]).not.toContain('')
      expect(read).toMatch(/^20\d\d-\d\d-\d\d$/)
    }
  })

  it('has an address, or says what one looks like', () => {
    if (preset.baseUrl === undefined) expect(preset.baseUrlExample).toMatch(/^https?:/)
    else expect(new URL(preset.baseUrl).pathname).toMatch(/\/v1$|^\/$/)
  })

  it('answers through the SDK', async () => {
    server.answer(sendsChoice({ message: { content: '{}' } }))
    const result = await (await create(id)).generate(question)
    expect(result).toMatchObject({ text: '{}', finishReason: 'stop', warnings: [] })
    expect(result.adaptations).toBeUndefined()
  })

  it('says of everything it does not send', async () => {
    server.answer(sendsChoice({ message: { content: '{}' } }))
    const { adaptations = [], warnings } = await (await create(id)).generate(everything)
    const { body } = server.seen.at(-1)!
    const told = new Set(adaptations.map(({ setting }) => setting))
    for (const name of ['temperature', 'top_p', preset.names?.seed ?? 'seed', 'response_format']) {
      expect(name in body || told.has(name), name).toBe(true)
    }
    expect((body.stop as string[]).length).toBe(Math.min(5, preset.mostStops ?? 4))
    expect(body[preset.maxTokensField]).toBe(100)
    expect(warnings).toHaveLength(adaptations.filter(({ action }) => action === 'dropped').length)
  })
})

describe('preset', () => {
  const sent = async (id: Id, options: Options = {}) => {
    server.answer(sendsChoice({ message: { content: '{}' } }))
    const result = await (await create(id, options)).generate(everything)
    return { ...server.seen.at(-1)!, result }
  }

  it('is OpenAI’s own without an address, and the careful one with an unknown one', async () => {
    expect((await failureOf(openai.createTextGenerator('m', openai.options.parse({}), { credentials: {}, timeoutMs: 1 }))).message).toContain('OPENAI_API_KEY')
    server.answer(sends(completion))
    await (await openai.createTextGenerator('m', openai.options.parse({ baseUrl: server.baseUrl }), { credentials: {}, timeoutMs: 20_000 })).generate(question)
    expect(server.seen.at(-1)!.body).toEqual({ model: 'm', messages: question.messages, max_tokens: 100 })
  })

  it.each(all)('%s: asks for the key of its own variable', async (id, { key, baseUrl }) => {
    const options = openai.options.parse({ preset: id })
    expect(openai.credentialsFor!(options)).toEqual([{ option: 'apiKey', env: key.env, required: false }])
    const made = openai.createTextGenerator('m', options, { credentials: {}, timeoutMs: 1 })
    if (key.required) {
      const error = await failureOf(made)
      expect([error.code, error.message]).toEqual(['missing-credential', expect.stringContaining(key.env)])
    } else if (baseUrl === undefined) {
      const error = await failureOf(made)
      expect([error.code, error.message]).toEqual(['invalid-config', expect.stringContaining('generator.baseUrl')])
    } else expect((await made).provider).toBe('openai')
  })

  it('azure: sends the key as api-key, and a query of the address with every request', async () => {
    const { headers, url } = await sent('azure', { baseUrl: `${server.baseUrl}?api-version=2024-10-21` })
    expect(headers['api-key']).toBe('one.two.three')
    expect(headers).not.toHaveProperty('authorization')
    expect(url).toBe('/v1/chat/completions?api-version=2024-10-21')
  })

  it('mistral: calls the seed random_seed, and knows no stream_options', async () => {
    const { body } = await sent('mistral', { stream: true })
    expect(body).toMatchObject({ random_seed: 5, stream: true })
    for (const name of ['seed', 'stream_options', 'max_completion_tokens', 'prompt_cache_key']) expect(body).not.toHaveProperty(name)
  })

  it('openrouter: lets only hosts answer that take every setting, until none is left', async () => {
    const { body } = await sent('openrouter')
    expect(body.provider).toEqual({ require_parameters: true })
    server.answer(refuses(404, 'No endpoints found that can handle the requested parameters.'), sends(completion))
    const result = await (await create('openrouter')).generate(question)
    expect(server.seen.at(-1)!.body).not.toHaveProperty('provider')
    expect(result.warnings).toEqual([expect.stringMatching(/^provider: not sent/)])
  })

  it('openrouter: believes its account of the cost, except the fee alone', async () => {
    const costing = (usage: object) => sends({ ...completion, usage: { ...completion.usage, ...usage } })
    server.answer(costing({ cost: 0.00014 }), costing({ cost: 0.00001, is_byok: true }), costing({ cost: 'free' }), costing({}))
    const generator = await create('openrouter')
    const costs = []
    for (let i = 0; i < 4; i++) costs.push((await generator.generate(question)).costNanoUsd)
    expect(costs).toEqual([140_000, undefined, undefined, undefined])
    server.answer(costing({ cost: 0.00014 }))
    expect((await (await create('vllm')).generate(question)).costNanoUsd).toBeUndefined()
  })

  it('llama-cpp and deepseek: say a schema their own way, or not at all', async () => {
    expect((await sent('llama-cpp')).body.response_format).toEqual({ type: 'json_object', schema: everything.responseFormat.schema })
    const { body, result } = await sent('deepseek')
    expect(body).not.toHaveProperty('response_format')
    expect(result.warnings).toEqual([expect.stringMatching(/^seed: not sent/), expect.stringMatching(/^response_format: not sent/)])
  })

  it('openai: brings prompts that begin alike to one cache', async () => {
    const keys: unknown[] = []
    for (const content of ['Same beginning', 'Same beginning', 'Another']) {
      server.answer(sends(completion))
      await (await create('openai')).generate({ ...question, messages: [{ role: 'user', content }] })
      keys.push(server.seen.at(-1)!.body.prompt_cache_key)
    }
    expect(keys[0]).toMatch(/^sedi-[0-9a-f]{16}$/)
    expect([keys[0] === keys[1], keys[0] === keys[2]]).toEqual([true, false])
    expect((await sent('vllm')).body).not.toHaveProperty('prompt_cache_key')
  })

  it('huggingface-router: names who pays in its own header; others take no payer', async () => {
    expect((await sent('huggingface-router', { organization: 'lab' })).headers['x-hf-bill-to']).toBe('lab')
    expect((await failureOf(create('groq', { organization: 'lab' }))).code).toBe('invalid-config')
  })

  it('groq: takes its requests per day for no limit per minute', async () => {
    const headers = {
      'x-ratelimit-limit-requests': '14400',
      'x-ratelimit-limit-tokens': '6000',
      'x-ratelimit-remaining-tokens': '5000',
      'x-ratelimit-reset-tokens': '7.66s',
    }
    server.answer(sends(completion, { headers }))
    expect((await (await create('groq')).generate(question)).rateLimits).toEqual({ tokens: { limit: 6_000, remaining: 5_000, resetMs: 7_660 } })
  })

  it('together: waits as long as x-ratelimit-reset says', async () => {
    server.answer(sends({ error: { message: 'slow down' } }, { status: 429, headers: { 'x-ratelimit-reset': '4', 'x-ratelimit-limit': '10' } }))
    const { details, code } = await failureOf((await create('together')).generate(question))
    expect({ code, ...details }).toMatchObject({ code: 'rate-limited', retryAfterMs: 4_000, rateLimits: { requests: { limit: 600 } } })
  })

  it('llama-cpp: waits for a model that is loading', async () => {
    server.answer(sends({ error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }, { status: 503 }))
    expect(await failureOf((await create('llama-cpp')).generate(question))).toMatchObject({
      retryable: true,
      details: { retryAfterMs: 10_000, charged: 'none' },
    })
  })

  it.each([
    ['together', 'eos', 'stop'],
    ['mistral', 'model_length', 'length'],
    ['openai', 'something new', 'other'],
  ] as const)('%s: understands finish_reason %s', async (id, word, expected) => {
    server.answer(sendsChoice({ finish_reason: word }))
    expect((await (await create(id)).generate(question)).finishReason).toBe(expected)
  })

  it.each([
    ['vllm', 'abort'],
    ['ollama', 'unload'],
    ['deepseek', 'insufficient_system_resource'],
    ['openrouter', 'error'],
  ] as const)('%s: takes %s for an interruption', async (id, word) => {
    server.answer(sendsChoice({ finish_reason: word }))
    expect(await failureOf((await create(id)).generate(question))).toMatchObject({
      code: 'provider-response',
      retryable: true,
      details: { charged: 'uncertain' },
    })
  })

  it('without service tiers refuses one: it would be another price', async () => {
    expect((await failureOf(create('mistral', { serviceTier: 'flex' }))).code).toBe('invalid-config')
    expect((await sent('openai', { serviceTier: 'flex', reasoningEffort: 'low' })).body).toMatchObject({ service_tier: 'flex', reasoning_effort: 'low' })
  })

  it('ignores the environment', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1')
    try {
      expect((await sent('groq')).url).toBe('/v1/chat/completions')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
