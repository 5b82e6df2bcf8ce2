import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { failureOf, type OddServer, type Respond, refuses, sends, startOddServer } from '../fixtures/odd-server.ts'
import openai from '../providers/openai.ts'

type Options = z.input<typeof openai.options>

let server: OddServer
beforeAll(async () => {
  server = await startOddServer()
})
afterAll(() => server.close())

async function inspect(how: Respond, options: Options = {}, model = 'm', timeoutMs = 20_000) {
  server.answer(how)
  const generator = await openai.createTextGenerator(model, openai.options.parse({ baseUrl: server.baseUrl, ...options }), {
    credentials: { apiKey: 'a.b.c' },
    timeoutMs,
  })
  return generator.inspect!()
}

const lists = (...data: readonly object[]) => sends({ object: 'list', data })

describe('openai: inspect', () => {
  it('says whether the model is listed, and what else is, without buying anything', async () => {
    const before = server.seen.length
    expect(await inspect(lists({ id: 'a' }, { id: 'm' }))).toMatchObject({ modelId: 'm', listed: true, otherModels: ['a'], keyChecked: true })
    expect(await inspect(lists({ id: 'a' }, { id: 'b' }))).toMatchObject({ listed: false, otherModels: ['a', 'b'] })
    expect(server.seen.slice(before).map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /v1/models', 'GET /v1/models'])
  })

  it.each([
    ['OpenAI', { shutdown_date: '2027-01-14' }, { shutdownDate: '2027-01-14' }],
    ['OpenAI, of a model that stays', { shutdown_date: null }, {}],
    ['vLLM', { max_model_len: 8192 }, { contextTokens: 8192 }],
    ['Groq', { context_window: 131072 }, { contextTokens: 131072 }],
    ['Mistral', { max_context_length: 32768, deprecation: '2026-12-31T12:00:00Z' }, { contextTokens: 32768, shutdownDate: '2026-12-31' }],
    ['OpenRouter', { context_length: 1000, supported_parameters: ['seed', 'structured_outputs'] }, { contextTokens: 1000, structuredOutput: true }],
    ['OpenRouter, of a model without schemas', { supported_parameters: ['seed'] }, { structuredOutput: false }],
    ['llama.cpp', { meta: { n_ctx_train: 4096 } }, { contextTokens: 4096 }],
    ['Hugging Face, the host with the least', { providers: [{ context_length: 8000 }, { context_length: 4000 }, {}] }, { contextTokens: 4000 }],
    ['nonsense', { max_model_len: 'long', shutdown_date: 7, meta: 'x' }, {}],
  ])('reads what %s says about it', async (_, entry, expected) => {
    const { modelId, listed, otherModels, keyChecked, notes, ...said } = await inspect(lists({ id: 'm', ...entry }))
    expect(said).toEqual(expected)
    expect(listed).toBe(true)
  })

  it('takes a bare list, and skips what is none', async () => {
    expect(await inspect(sends([{ id: 'm' }, 'x', null, { name: 'no id' }]))).toMatchObject({ listed: true, otherModels: [] })
  })

  it.each([
    ['no list at all', refuses(404, 'Not found')],
    ['something else', sends({ models: 3 })],
  ])('says nothing where there is %s', async (_, how) => {
    expect(await inspect(how)).not.toHaveProperty('listed')
  })

  it.each([
    ['a bad key', refuses(401, 'Incorrect API key', { code: 'invalid_api_key' }), 'invalid-credential'],
    ['a page', sends('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } }), 'provider-response'],
    ['silence', () => {}, 'timeout'],
  ] as [string, Respond, string][])('fails with %s', async (_, how, code) => {
    expect((await failureOf(inspect(how, {}, 'm', code === 'timeout' ? 300 : undefined))).code).toBe(code)
  })

  it('asks OpenRouter where a key is needed: its list is for everybody', async () => {
    const publicList: Respond = (response, seen) => (seen.url === '/v1/key' ? refuses(401, 'No auth credentials found') : lists({ id: 'm' }))(response, seen)
    expect((await failureOf(inspect(publicList, { preset: 'openrouter' }))).code).toBe('invalid-credential')
  })

  it('owns up when the key was not looked at, and finds the name without its host', async () => {
    const description = await inspect(lists({ id: 'org/model' }), { preset: 'huggingface-router' }, 'org/model:fastest')
    expect(description).toMatchObject({ listed: true, keyChecked: false })
    expect(description.notes).toEqual([expect.stringContaining('public')])
  })

  it('does not look for deployments among models', async () => {
    expect(await inspect(lists({ id: 'gpt-5' }), { preset: 'azure' })).not.toHaveProperty('listed')
  })

  it('warns of prompts that are cut', async () => {
    expect((await inspect(lists({ id: 'm' }), { preset: 'ollama' })).notes).toEqual([expect.stringContaining('num_ctx')])
  })
})
