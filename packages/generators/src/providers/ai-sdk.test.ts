import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV2, LanguageModelV3, LanguageModelV4 } from '@ai-sdk/provider'
import { type GenerateRequest, SediError } from '@sedi/spec'
import { createFakeProviderSubject, describeTextGeneratorContract, skipFaults } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import type * as z from 'zod'
import type { AiSdkLanguageModel } from '../ai-sdk/language-model.ts'
import aiSdk, { createAiSdkGenerator } from './ai-sdk.ts'

const here = import.meta.dirname
const named = { package: '@ai-sdk/openai-compatible', factory: 'createOpenAICompatible', modulesFrom: here }
type Options = z.input<typeof aiSdk.options>
type Extra = { readonly apiKey?: string; readonly timeoutMs?: number; readonly model?: string }

const create = (options: Partial<Options>, { apiKey, timeoutMs = 20_000, model = 'm' }: Extra = {}) =>
  aiSdk.createTextGenerator(model, aiSdk.options.parse({ ...named, ...options }), { credentials: apiKey === undefined ? {} : { apiKey }, timeoutMs })

describeTextGeneratorContract({
  name: 'ai-sdk, a package named in the configuration',
  create: () => createFakeProviderSubject(({ baseUrl, ...connection }) => create({ settings: { name: 'fake', baseURL: baseUrl } }, connection)),
  destroy: (subject) => subject.close(),
  skip: {
    ...skipFaults(['unsupported-limit'], 'the package decides what the limit on tokens is called, and without one there is no bound on the cost'),
    ...skipFaults(['stream-for-json'], 'the package reads no stream that was not asked for; it is reported as uncertain'),
    ...skipFaults(['usage-text'], 'the package refuses an answer whose counts are texts; it is reported as uncertain'),
  },
})

describe('createAiSdkGenerator', () => {
  it('takes models of every version of the specification', () => {
    expectTypeOf<LanguageModelV4>().toExtend<AiSdkLanguageModel>()
    expectTypeOf<LanguageModelV3>().toExtend<AiSdkLanguageModel>()
    expectTypeOf<LanguageModelV2>().toExtend<AiSdkLanguageModel>()
  })

  it('takes no name in place of a model', () => {
    expect(() => createAiSdkGenerator('openai/gpt-5' as unknown as AiSdkLanguageModel)).toThrow(/expected a language model/)
  })
})

const secret = 'one.two.three.four'
const question: GenerateRequest = { messages: [{ role: 'user', content: 'the prompt' }], maxOutputTokens: 100 }
const choice = { index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }
const completion = { id: 'x', created: 1, model: 'm-2026', choices: [choice], usage: { prompt_tokens: 3, completion_tokens: 1 } }

type Respond = (response: ServerResponse) => void
let server: Server
let baseURL: string
let respond: Respond
let body: Record<string, unknown>
let requests = 0

beforeAll(async () => {
  server = createServer(async (request, response) => {
    requests++
    body = JSON.parse(await text(request)) as Record<string, unknown>
    respond(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const sends =
  (reply: string | object, { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {}): Respond =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof reply === 'string' ? reply : JSON.stringify(reply))

/** A model that the program made itself. */
async function ask(how: Respond, request: Partial<GenerateRequest> = {}, timeoutMs = 20_000) {
  respond = how
  const made = createOpenAICompatible({ name: 'acme', baseURL, apiKey: secret, supportsStructuredOutputs: true })
  return createAiSdkGenerator(made.languageModel('m'), { timeoutMs, secrets: [secret] }).generate({ ...question, ...request })
}

async function failureOf(answer: Promise<unknown>): Promise<SediError> {
  const error = await answer.then(
    (value) => value,
    (thrown: unknown) => thrown,
  )
  if (!SediError.is(error)) throw new Error(`Expected a SediError, got ${inspect(error)}`)
  return error
}

describe('ai-sdk: request and answer', () => {
  it('sends every setting and reads every count', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 2 } }
    const schema = { type: 'object', properties: {}, required: [], additionalProperties: false }
    const messages = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      { role: 'assistant', content: 'a' },
    ] as const
    const request = { messages, temperature: 0, topP: 0.5, seed: 0, stop: ['x'], responseFormat: { name: 'tasks', schema } }
    const result = await ask(sends({ ...completion, usage }), request)
    expect(body).toMatchObject({ model: 'm', messages, max_tokens: 100, temperature: 0, top_p: 0.5, seed: 0, stop: ['x'] })
    expect(body.response_format).toMatchObject({ type: 'json_schema', json_schema: { name: 'tasks', schema } })
    expect(result).toMatchObject({
      text: 'Hi',
      finishReason: 'stop',
      modelId: 'm-2026',
      usage: { inputTokens: 9, outputTokens: 8, cachedInputTokens: 4, reasoningTokens: 2 },
      warnings: [],
      raw: { ...completion, usage },
    })
  })

  it.each([
    ['length', 'length'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'other'],
  ])('%s is %s', async (finish_reason, finishReason) => {
    expect((await ask(sends({ ...completion, choices: [{ ...choice, finish_reason }] }))).finishReason).toBe(finishReason)
  })

  it('may lack usage', async () => {
    const { usage: _, ...unbilled } = completion
    expect((await ask(sends(unbilled))).usage.inputTokens).toBeUndefined()
  })

  it('reads replies of version 2, which has flat counts and words for reasons', async () => {
    const reply = {
      content: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      finishReason: 'stop',
      usage: { inputTokens: 5, outputTokens: 4, totalTokens: 9, cachedInputTokens: 2, reasoningTokens: 3 },
      warnings: [{ type: 'unsupported-setting', setting: 'seed', details: 'not supported' }],
    }
    const model = { specificationVersion: 'v2', provider: 'p', modelId: 'm', doGenerate: async () => reply }
    expect(await createAiSdkGenerator(model).generate(question)).toMatchObject({
      text: 'ab',
      usage: { inputTokens: 5, outputTokens: 4, cachedInputTokens: 2, reasoningTokens: 3 },
      warnings: ['seed: not supported', expect.stringContaining('does not name the model')],
    })
    const broken = { ...model, doGenerate: async () => ({ ...reply, finishReason: { unified: 'interrupted' } }) }
    expect(await failureOf(createAiSdkGenerator(broken).generate(question))).toMatchObject({ code: 'provider-response', retryable: true })
    const nonsense = { ...model, doGenerate: async () => ({ text: 'a' }) as never }
    expect(await failureOf(createAiSdkGenerator(nonsense).generate(question))).toMatchObject({ details: { charged: 'uncertain' } })
  })
})

describe('ai-sdk: failures', () => {
  const words = (code: string | null, message = 'words') => ({ error: { message, type: 'invalid_request_error', param: null, code } })
  it.each([
    [400, words('context_length_exceeded'), 'context-length', false, 'none'],
    [401, words('invalid_api_key'), 'invalid-credential', false, 'none'],
    [404, words('model_not_found'), 'not-found', false, 'none'],
    [429, words('insufficient_quota'), 'quota-exhausted', false, 'none'],
    [429, words('rate_limit_exceeded'), 'rate-limited', true, 'none'],
    [503, words(null), 'provider-response', true, 'none'],
    [504, words(null), 'provider-response', true, 'uncertain'],
  ])('%i %j is %s', async (status, reply, code, retryable, charged) => {
    const before = requests
    const error = await failureOf(ask(sends(reply, { status, headers: { 'retry-after': '2', 'x-request-id': 'r7' } })))
    expect(error).toMatchObject({ code, retryable, details: { charged, status, retryAfterMs: 2_000, requestId: 'r7' } })
    expect(requests - before).toBe(1)
  })

  it.each([
    ['HTML', sends('<html>', { headers: { 'content-type': 'text/html' } })],
    ['an error', sends({ error: { message: 'Upstream is down' } })],
    ['cut JSON', sends('{"choices"')],
    ['nothing', sends('')],
  ])('a 200 that is no answer: %s', async (_, how) => {
    expect(await failureOf(ask(how))).toMatchObject({ code: 'provider-response', retryable: true, details: { charged: 'uncertain' } })
  })

  it('stalls', async () => {
    expect(await failureOf(ask(() => {}, {}, 500))).toMatchObject({ code: 'timeout', retryable: true, details: { charged: 'uncertain' } })
  })

  it('repeats neither the prompt nor the key', async () => {
    const error = await failureOf(ask(sends(words(secret, `bad key ${secret}`), { status: 401 })))
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(error) + error.stack
    expect(shown).not.toContain('one.two')
    expect(shown).not.toContain('the prompt')
  })

  it('a missing key of the package’s own is named', async () => {
    const model = {
      specificationVersion: 'v4',
      provider: 'p',
      modelId: 'm',
      doGenerate: () => Promise.reject(Object.assign(new Error('Acme API key is missing. Pass ACME_API_KEY.'), { name: 'AI_LoadAPIKeyError' })),
    }
    const error = await failureOf(createAiSdkGenerator(model).generate(question))
    expect(error).toMatchObject({ code: 'missing-credential', retryable: false, details: { charged: 'none' } })
    expect(error.message).toContain('ACME_API_KEY')
  })
})

describe('ai-sdk: the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-ai-sdk-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  function install(name: string, manifest: object, source: string): void {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true })
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, type: 'module', ...manifest }))
    writeFileSync(join(folder, 'node_modules', name, 'entry.js'), source)
  }

  it('comes from the configuration’s folder, with the key from the environment', async () => {
    install(
      'acme-provider',
      { exports: { '.': { types: './no.d.ts', import: './entry.js' } } },
      'export const createAcme = (s) => ({ languageModel: (modelId) => ({ specificationVersion: "v4", provider: JSON.stringify(s), modelId, async doGenerate() { return { content: [{ type: "text", text: s.apiKey + s.region }], finishReason: { unified: "stop" }, usage: {}, warnings: [] } } }) })',
    )
    const generator = await create({ package: 'acme-provider', factory: 'createAcme', settings: { region: 'eu' }, modulesFrom: folder }, { apiKey: 'k1' })
    expect((await generator.generate(question)).text).toBe('k1eu')
  })

  it.each([
    '../evil',
    './evil.js',
    '/etc/passwd',
    'file:///evil.js',
    'https://evil.example/x.js',
    'node:fs',
    'acme/../../evil',
    '@acme/x/y',
    'data:text/javascript,1',
  ])('is no path or address: %s', (name) => {
    expect(aiSdk.options.safeParse({ ...named, package: name }).success).toBe(false)
  })

  it.each([
    [{ package: 'not-installed-anywhere' }, 'missing-dependency', 'npm install not-installed-anywhere'],
    [{ package: 'fs' }, 'missing-dependency', 'not installed'],
    [{ factory: 'createNothing' }, 'invalid-config', 'createOpenAICompatible'],
    [{ factory: 'constructor' }, 'invalid-config', 'no function constructor'],
  ])('%j is %s', async (change, code, words) => {
    const error = await failureOf(create(change))
    expect(error.code).toBe(code)
    expect(error.message).toContain(words)
  })

  it('may not point outside itself', async () => {
    install('escaping-provider', { exports: './../../outside.js' }, '')
    expect((await failureOf(create({ package: 'escaping-provider', modulesFrom: folder }))).message).toContain('outside itself')
  })

  it.each([{ apiKey: 'x' }, { headers: { Authorization: 'x' } }, { nested: { 'x-api-key': 'x' } }, { accessToken: 'x' }])(
    'takes no key in its settings: %j',
    (settings) => {
      const parsed = aiSdk.options.safeParse({ ...named, settings })
      expect(parsed.success).toBe(false)
      expect(parsed.error?.issues[0]?.message).toContain('AI_SDK_API_KEY')
    },
  )
})
