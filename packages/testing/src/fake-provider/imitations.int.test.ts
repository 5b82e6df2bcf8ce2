import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findImitation, type ImitationId, imitationIds } from './list-imitations.ts'
import { readBook } from './read-book.ts'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './start-fake-provider.ts'

const question = { model: 'simulated-teacher', messages: [{ role: 'user', content: 'Write one task about sorting words.' }], max_tokens: 300 }

// biome-ignore lint/suspicious/noExplicitAny: the point is to look at whatever came
type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly json: any }

describe('imitations', () => {
  let folder: string
  let provider: FakeProvider | undefined

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sedi-imitation-'))
  })
  afterEach(async () => {
    await provider?.close()
    await rm(folder, { recursive: true })
  })

  const lastEntry = () => readBook(path.join(folder, 'book.jsonl')).entries.at(-1)

  async function start(imitation: ImitationId, options: Partial<FakeProviderOptions> = {}) {
    provider = await startFakeProvider({ bookFile: path.join(folder, 'book.jsonl'), apiKey: 'k', imitation, ...options })
  }

  async function get(url: string, init: RequestInit = {}, key = 'k'): Promise<Answer> {
    const response = await fetch(url, { ...init, headers: { authorization: `Bearer ${key}`, 'api-key': key, ...init.headers } })
    const text = await response.text()
    const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, json }
  }

  const post = (body: object, key?: string) => get(`${provider!.url}/chat/completions`, { method: 'POST', body: JSON.stringify({ ...question, ...body }) }, key)

  const chunksOf = ({ text }: Answer) =>
    text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)))
  const streamedText = (answer: Answer) => chunksOf(answer).reduce((sum: string, { choices }) => sum + (choices[0]?.delta.content ?? ''), '')

  it.each(imitationIds)('%s answers at its address, whole and as a stream, lists models and refuses a wrong key', async (id) => {
    await start(id)
    expect(provider!.url).toBe(`http://127.0.0.1:${provider!.port}${findImitation(id).basePath ?? '/v1'}`)
    expect(findImitation(id).source).not.toBe('')

    const whole = await post({})
    expect(whole).toMatchObject({ status: 200, json: { choices: [{ index: 0, message: { role: 'assistant', content: expect.any(String) } }] } })
    const { usage } = whole.json
    expect(lastEntry()).toMatchObject({ imitation: id, charged: true, inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens })

    const streamed = await post({ stream: true })
    expect(streamed.headers.get('content-type')).toContain('text/event-stream')
    expect(streamedText(streamed)).toBe(whole.json.choices[0].message.content)
    expect(streamed.text.endsWith('data: [DONE]\n\n')).toBe(true)

    const models = await get(`${provider!.url}/models`)
    expect(models.status).toBe(200)
    expect(models.text).toContain('simulated-teacher')

    const refused = await post({}, 'wrong')
    expect(refused.status).toBe(401)
    expect(refused.json).toBeDefined()
    expect(lastEntry()).toMatchObject({ outcome: 'refused-401', charged: false })
  })

  it('azure: key in its own header, filter results, an empty first chunk, resets in seconds', async () => {
    await start('azure', { limits: { tokensPerMinute: 60_000 } })
    const answer = await get(`${provider!.url}/chat/completions`, { method: 'POST', body: JSON.stringify(question), headers: { authorization: '' } })
    expect(answer.json).toMatchObject({ prompt_filter_results: [{ prompt_index: 0 }], choices: [{ content_filter_results: { hate: { filtered: false } } }] })
    expect(answer.headers.get('x-ratelimit-reset-tokens')).toBe('60')
    expect(chunksOf(await post({ stream: true }))[0].choices).toEqual([])
    expect((await post({ model: 'gpt-5' })).json).toMatchObject({ error: { code: 'DeploymentNotFound' } })
  })

  it('ollama: max_completion_tokens bounds nothing, unknown fields do not matter, long prompts are cut without a word', async () => {
    await start('ollama')
    const { max_tokens: _, ...unlimited } = question
    const send = (body: object) => get(`${provider!.url}/chat/completions`, { method: 'POST', body: JSON.stringify(body) })
    expect((await send({ ...unlimited, max_completion_tokens: 3, nonsense: true })).json.usage.completion_tokens).toBeGreaterThan(3)
    expect((await post({ max_tokens: 3 })).json.usage).toEqual({ prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 })
    const { usage } = (await post({ messages: [{ role: 'user', content: 'word '.repeat(9_000) }] })).json
    expect(usage.prompt_tokens).toBeLessThanOrEqual(4_096)
  })

  it('mistral: random_seed is seed, seed is not, unknown fields are a 422', async () => {
    await start('mistral')
    const one = (await post({ random_seed: 1 })).json.choices[0].message.content
    expect((await post({ random_seed: 2 })).json.choices[0].message.content).not.toBe(one)
    for (const field of ['seed', 'stream_options', 'max_completion_tokens', 'nonsense']) {
      expect(await post({ [field]: 1 })).toMatchObject({ status: 422, json: { detail: [{ type: 'extra_forbidden', loc: ['body', field] }] } })
    }
    expect(await post({ model: 'other' })).toMatchObject({ status: 400, json: { type: 'invalid_model' } })
  })

  it('groq: some fields are refused by name, limits come with Go durations and retry-after alone', async () => {
    await start('groq', { limits: { tokensPerMinute: 400, windowMs: 60_000 } })
    expect(await post({ logprobs: true })).toMatchObject({ status: 400, json: { error: { param: 'logprobs' } } })
    expect((await post({})).headers.get('x-ratelimit-reset-tokens')).toBe('1m0s')
    const refused = await post({})
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(refused.headers.has('retry-after-ms')).toBe(false)
  })

  it('openrouter: cost in usage, a comment before the stream, a list for everyone, errors by number', async () => {
    await start('openrouter')
    const { usage } = (await post({})).json
    expect(usage.cost).toBeCloseTo((usage.prompt_tokens * 0.25 + usage.completion_tokens * 2) / 1e6, 12)
    const stream = await post({ stream: true })
    expect(stream.text.startsWith(': OPENROUTER PROCESSING\n\n')).toBe(true)
    expect(chunksOf(stream).at(-1)).toMatchObject({ choices: [], usage: { cost: expect.any(Number) } })
    expect((await get(`${provider!.url}/models`, {}, 'wrong')).json.data[0]).toMatchObject({ context_length: expect.any(Number) })
    expect((await get(`${provider!.url}/key`, {}, 'wrong')).status).toBe(401)
    expect((await get(`${provider!.url}/key`)).status).toBe(200)
    expect(await post({ temperature: 9 })).toMatchObject({ status: 400, json: { error: { code: 400 } } })
  })

  it('deepseek: cache counts of its own, no JSON schema, a seed means nothing', async () => {
    await start('deepseek')
    expect((await post({})).json.usage).toMatchObject({ prompt_cache_hit_tokens: 0, prompt_cache_miss_tokens: 8 })
    expect(await post({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } })).toMatchObject({ status: 400 })
    expect((await post({ seed: 1 })).json.choices).toEqual((await post({ seed: 2 })).json.choices)
  })

  it('together: eos for stop, a bare list of models, limits per second', async () => {
    await start('together', { limits: { requestsPerMinute: 600 } })
    const answer = await post({ max_tokens: 4_000 })
    expect(answer.json.choices[0].finish_reason).toBe('eos')
    expect(answer.headers.get('x-ratelimit-limit')).toBe('10')
    expect((await get(`${provider!.url}/models`)).json).toBeInstanceOf(Array)
  })

  it('vllm and sglang: their errors, and the length of their context', async () => {
    await start('vllm')
    expect((await post({ model: 'other' })).json).toMatchObject({ error: { type: 'NotFoundError', code: 404 } })
    expect((await post({ max_completion_tokens: 5, max_tokens: 5 })).json.error.code).toBe(400)
    expect((await get(`${provider!.url}/models`)).json.data[0]).toMatchObject({ max_model_len: expect.any(Number) })
    await provider!.close()
    await start('sglang')
    expect((await post({ model: 'other' })).json).toMatchObject({ object: 'error', code: 404 })
  })

  it('llama-cpp and lm-studio: whatever the model is called, theirs answers', async () => {
    await start('llama-cpp')
    expect((await post({ model: 'gpt-4' })).json).toMatchObject({ timings: { prompt_n: 8 } })
    expect((await post({}, 'wrong')).json).toMatchObject({ error: { code: 401, type: 'authentication_error' } })
    await provider!.close()
    await start('lm-studio')
    expect((await post({ model: 'gpt-4' })).json.model).toBe('simulated-teacher')
  })

  it('huggingface-router: a suffix names the host; huggingface: vectors at the address itself', async () => {
    await start('huggingface-router')
    expect((await post({ model: 'simulated-teacher:fastest' })).status).toBe(200)
    await provider!.close()
    await start('huggingface')
    const embed = (inputs: unknown, at = '/') => get(`http://127.0.0.1:${provider!.port}${at}`, { method: 'POST', body: JSON.stringify({ inputs }) })
    const { json } = await embed(['one', 'two'])
    expect(json).toHaveLength(2)
    expect((await embed('one', '/hf-inference/models/a/b/pipeline/feature-extraction')).json).toEqual(json[0])
    expect(lastEntry()).toMatchObject({ operation: 'embeddings', charged: true, inputTokens: 1, outputTokens: 0 })
  })

  it('is not what nobody has', async () => {
    await expect(startFakeProvider({ bookFile: path.join(folder, 'b.jsonl'), imitation: 'acme' as ImitationId })).rejects.toThrow(
      /unknown imitation acme; there are azure/,
    )
    provider = undefined
  })
})
