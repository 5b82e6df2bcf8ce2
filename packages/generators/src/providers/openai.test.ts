import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import type { GenerateRequest } from '@sedi/spec'
import { createFakeProviderSubject, describeTextGeneratorContract } from '@sedi/testing/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type * as z from 'zod'
import { globalAgentKey } from '../chat-completions/patient-dispatcher.ts'
import { completion, failureOf, type OddServer, question, type Respond, sends, sendsChoice, startOddServer } from '../fixtures/odd-server.ts'
import openai from './openai.ts'

type Options = z.input<typeof openai.options>

const create = (options: Options, { apiKey, timeoutMs = 20_000, model = 'm' }: { apiKey?: string; timeoutMs?: number; model?: string } = {}) =>
  openai.createTextGenerator(model, openai.options.parse(options), { credentials: apiKey === undefined ? {} : { apiKey }, timeoutMs })

describeTextGeneratorContract({
  name: 'openai',
  create: () => createFakeProviderSubject(({ baseUrl, ...connection }) => create({ baseUrl }, connection)),
  destroy: (subject) => subject.close(),
})

const secret = 'one.two.three.four'

let server: OddServer
let baseUrl: string

beforeAll(async () => {
  server = await startOddServer()
  baseUrl = server.baseUrl
})
afterAll(() => server.close())
afterEach(() => vi.unstubAllEnvs())

const received = () => server.seen.at(-1)!
const respondWith = (how: Respond) => server.answer(how)

async function ask(how: Respond, request: Partial<GenerateRequest> = {}, timeoutMs?: number) {
  respondWith(how)
  const generator = await create({ baseUrl }, timeoutMs === undefined ? { apiKey: secret } : { apiKey: secret, timeoutMs })
  return generator.generate({ ...question, ...request })
}

async function freePort(): Promise<number> {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, resolve))
  const { port } = other.address() as AddressInfo
  await new Promise((resolve) => other.close(resolve))
  return port
}

const fails = (...parameters: Parameters<typeof ask>) => failureOf(ask(...parameters))

const uncertain = { code: 'provider-response', retryable: true, details: { charged: 'uncertain' } }

describe('openai: the request', () => {
  it('is a Chat Completions body and nothing else', async () => {
    const messages = [
      { role: 'system', content: 'Be brief' },
      { role: 'user', content: 'Hello' },
    ] as const
    await ask(sends(completion), { messages, maxOutputTokens: 7, temperature: 0, topP: 0.9, seed: 0, stop: ['a', 'b'] })
    expect(received().body).toEqual({ model: 'm', messages, max_tokens: 7, temperature: 0, top_p: 0.9, seed: 0, stop: ['a', 'b'] })
    expect(received().headers.authorization).toBe(`Bearer ${secret}`)
    expect(received().url).toBe('/v1/chat/completions')
  })

  it('calls the limit on tokens as it is told to', async () => {
    respondWith(sends(completion))
    await (await create({ baseUrl, maxTokensField: 'max_completion_tokens' })).generate(question)
    expect(received().body).toEqual({ model: 'm', messages: question.messages, max_completion_tokens: 100 })
  })

  it('cuts the answer at stop sequences beyond the fourth itself', async () => {
    const result = await ask(sendsChoice({ message: { content: 'one E two' }, finish_reason: 'length' }), { stop: ['a', 'b', 'c', 'd', 'E', 'F'] })
    expect(received().body.stop).toEqual(['a', 'b', 'c', 'd'])
    expect(result).toMatchObject({ text: 'one ', finishReason: 'stop', warnings: [], adaptations: [{ setting: 'stop[4…]', action: 'emulated' }] })
  })

  it('goes on sending the first four when the run is resumed', async () => {
    const stop = ['a', 'b', 'c', 'd', 'E']
    const { adaptations } = await ask(sends(completion), { stop })
    const resumed = await openai.createTextGenerator('m', openai.options.parse({ baseUrl }), { credentials: {}, timeoutMs: 20_000, adaptations })
    await resumed.generate({ ...question, stop })
    expect(received().body.stop).toEqual(['a', 'b', 'c', 'd'])
  })

  it('names the organisation only when told to', async () => {
    vi.stubEnv('OPENAI_ORG_ID', 'org-from-environment')
    vi.stubEnv('OPENAI_PROJECT_ID', 'project-from-environment')
    await ask(sends(completion))
    expect(received().headers).not.toHaveProperty('openai-organization')
    expect(received().headers).not.toHaveProperty('openai-project')
    await (await create({ baseUrl, organization: 'org-1' })).generate(question)
    expect(received().headers['openai-organization']).toBe('org-1')
  })
})

describe('openai: the key', () => {
  it('is needed without a baseUrl', async () => {
    const error = await failureOf(create({}))
    expect(error.code).toBe('missing-credential')
    expect(error.message).toContain('OPENAI_API_KEY')
    expect(error.message).toContain('apiKey')
    expect((await failureOf(create({}, { apiKey: ' ' }))).code).toBe('missing-credential')
  })

  it('is not needed with one, and the environment is not asked', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'from-the-environment')
    respondWith(sends(completion))
    await (await create({ baseUrl })).generate(question)
    expect(received().headers.authorization).toBe('Bearer no-key')
  })

  it('is refused when it cannot be sent', async () => {
    const error = await failureOf(create({}, { apiKey: '“quoted-key”' }))
    expect(error.code).toBe('invalid-credential')
    expect(error.message).not.toContain('quoted-key')
  })

  it('goes to OpenAI unless baseUrl says otherwise', async () => {
    vi.stubEnv('OPENAI_BASE_URL', baseUrl)
    const before = server.seen.length
    const generator = await create({}, { apiKey: secret, timeoutMs: 1 })
    const error = await failureOf(generator.generate(question))
    expect(error.message).toContain('api.openai.com')
    expect(server.seen).toHaveLength(before)
  })

  // Long enough for the key to lie where the message is cut.
  it.each([
    ['an error', sends({ error: { message: `bad key ${secret}`, code: secret, type: secret } }, { status: 401, headers: { 'x-request-id': secret } })],
    ['an error page', sends(`<html>${'x'.repeat(284)}${secret}`, { status: 502, headers: { 'content-type': 'text/html' } })],
    ['a 200 that is not a completion', sends({ error: `${'x'.repeat(50)} ${secret} is not allowed` })],
    ['a 200 page', sends(`<html>${'x'.repeat(60)} ${secret}`, { headers: { 'content-type': 'text/html' } })],
  ])('is not repeated from %s', async (_, how) => {
    const error = await fails(how)
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(error) + error.message
    for (const part of [secret, secret.slice(0, 9)]) expect(shown).not.toContain(part)
  })
})

describe('openai: the answer', () => {
  it('is read with its usage', async () => {
    const usage = { prompt_tokens: 9, completion_tokens: 8, prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 2 } }
    const result = await ask(sends({ ...completion, usage }))
    expect(result).toEqual({
      text: 'Hi',
      finishReason: 'stop',
      modelId: 'm-2026',
      usage: { inputTokens: 9, outputTokens: 8, cachedInputTokens: 4, reasoningTokens: 2 },
      warnings: [],
      raw: { ...completion, usage },
    })
  })

  it.each([
    ['null content', { message: { content: null } }, { text: '' }],
    ['no content', { message: {} }, { text: '' }],
    ['content in parts', { message: { content: [{ type: 'text', text: 'a' }, { type: 'other' }, { type: 'text', text: 'b' }] } }, { text: 'ab' }],
    ['a refusal', { message: { content: null, refusal: 'I cannot' } }, { text: 'I cannot', finishReason: 'content-filter' }],
    ['an empty refusal', { message: { content: 'Hi', refusal: '' } }, { text: 'Hi', finishReason: 'stop' }],
    ['length without content', { message: { content: '' }, finish_reason: 'length' }, { text: '', finishReason: 'length' }],
    ['content_filter', { finish_reason: 'content_filter' }, { finishReason: 'content-filter' }],
    ['eos', { finish_reason: 'eos' }, { finishReason: 'stop' }],
    ['tool_calls', { finish_reason: 'tool_calls' }, { finishReason: 'other' }],
  ])('may have %s', async (_, changes, expected) => {
    expect(await ask(sendsChoice(changes))).toMatchObject(expected)
  })

  it.each([
    ['missing', undefined, {}, 0],
    ['null', null, {}, 0],
    ['without details', { prompt_tokens: 2, completion_tokens: 5 }, { inputTokens: 2, outputTokens: 5 }, 0],
    ['0 because nobody counts', { prompt_tokens: 0, completion_tokens: 0 }, {}, 1],
    [
      'written to a cache',
      { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 } },
      { inputTokens: 9, cachedInputTokens: 4, cacheWriteInputTokens: 5 },
      0,
    ],
    ['DeepSeek’s', { prompt_tokens: 9, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 5 }, { inputTokens: 9, cachedInputTokens: 4 }, 0],
    ['partly wrong', { prompt_tokens: '12', completion_tokens: -1, prompt_tokens_details: null }, {}, 2],
    ['more cached than sent', { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 9 } }, { inputTokens: 5 }, 1],
    ['not an object', 'many', {}, 1],
  ])('may have usage that is %s', async (_, usage, expected, warnings) => {
    const result = await ask(sends({ ...completion, usage }))
    expect(Object.fromEntries(Object.entries(result.usage).filter(([, count]) => count !== undefined))).toEqual(expected)
    expect(result.warnings).toHaveLength(warnings)
  })

  it('may not name its model', async () => {
    const result = await ask(sends({ ...completion, model: undefined }))
    expect(result.modelId).toBe('m')
    expect(result.warnings).toHaveLength(1)
  })

  it('may come after blank lines', async () => {
    expect((await ask(sends(`\n\n\n${JSON.stringify(completion)}`))).text).toBe('Hi')
  })

  it('may be invalid UTF-8', async () => {
    const bytes = Buffer.from(JSON.stringify(completion).replace('Hi', 'H?'))
    bytes[bytes.indexOf('H?') + 1] = 0xff
    expect((await ask((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(bytes))).text).toBe('H\uFFFD')
  })

  it('may arrive byte by byte', async () => {
    const bytes = Buffer.from(JSON.stringify(completion).replace('Hi', '数学'))
    const result = await ask(async (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      for (const byte of bytes) await new Promise((resolve) => response.write(Buffer.of(byte), resolve))
      response.end()
    })
    expect(result.text).toBe('数学')
  })
})

describe('openai: a 200 that is no answer', () => {
  const html = { headers: { 'content-type': 'text/html' } }
  it.each([
    ['HTML', sends('<html>Log in to the network</html>', html), 'text came instead of JSON: <html>Log in'],
    ['empty JSON', sends(''), 'an empty body came'],
    ['an empty page', sends('', html), 'an empty body came'],
    ['null', sends('null'), 'an empty body came'],
    ['an error', sends({ error: { message: 'Upstream is down', code: 502 } }), 'an error came: {"code":502,"message":"Upstream is down"'],
    ['no choices', sends({ model: 'm' }), 'lacks choices'],
    ['null choices', sends({ ...completion, choices: null }), 'lacks choices'],
    ['empty choices', sends({ ...completion, choices: [] }), 'lacks choices'],
    ['a null message', sendsChoice({ message: null }), 'lacks choices.0.message'],
    ['a null finish_reason', sendsChoice({ finish_reason: null }), 'lacks choices.0.finish_reason'],
    ['an array', sends('[]'), 'the JSON lacks choices: []'],
    ['an interrupted answer', sendsChoice({ finish_reason: 'error' }), 'finish_reason error'],
  ])('is reported: %s', async (_, how, message) => {
    const error = await fails(how)
    expect(error).toMatchObject(uncertain)
    expect(error.message).toContain(message)
  })

  it('shows no more than 80 characters of it', async () => {
    const error = await fails(sends('y'.repeat(1000), html))
    expect(error.message).toMatch(/[^y]y{79}…/)
  })
})

describe('openai: the transport', () => {
  const half = JSON.stringify(completion).slice(0, 40)
  it.each([
    ['closed before headers', (response: ServerResponse) => response.socket?.destroy()],
    [
      'closed in the middle of the body',
      (response: ServerResponse) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 999 }).write(half, () => response.socket?.destroy()),
    ],
    ['half the JSON', sends(half)],
  ] as [string, Respond][])('%s', async (_, how) => {
    expect(await fails(how)).toMatchObject(uncertain)
  })

  it.each([
    ['before headers', () => {}],
    ['in the middle of the body', (response: ServerResponse) => response.writeHead(200, { 'content-type': 'application/json' }).write(half)],
  ] as [string, Respond][])('stalled %s', async (_, how) => {
    const error = await fails(how, {}, 200)
    expect(error).toMatchObject({ code: 'timeout', retryable: true, details: { charged: 'uncertain' } })
    expect(error.message).toContain('200 ms')
  })

  // The SDK's own time-out does not cover the body of an error.
  it('stalled in the middle of an error', async () => {
    const error = await fails((response) => response.writeHead(503, { 'content-type': 'application/json' }).write('{"error"'), {}, 2_000)
    expect(error).toMatchObject({ code: 'provider-response', retryable: true, details: { charged: 'none', status: 503 } })
  })

  it.each(['http://127.0.0.1:PORT/v1', 'http://localhost:PORT/v1', 'http://nowhere.invalid/v1'])('nobody at %s', async (pattern) => {
    const nowhere = pattern.replace('PORT', String(await freePort()))
    const error = await failureOf((await create({ baseUrl: nowhere })).generate(question))
    expect(error).toMatchObject({ code: 'provider-response', retryable: true, details: { charged: 'none' } })
    expect(error.message).toMatch(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/)
  })

  it('outlasts no limit of fetch itself', async () => {
    // Node's is 300 s; a process-wide agent with a shorter one stands for it.
    const globals = globalThis as unknown as Record<symbol, { constructor: new (limits: { headersTimeout: number }) => { constructor: never } }>
    const original = globals[globalAgentKey]!
    globals[globalAgentKey] = new original.constructor({ headersTimeout: 100 })
    try {
      expect((await ask((response, request) => setTimeout(() => sends(completion)(response, request), 1_500))).text).toBe('Hi')
    } finally {
      globals[globalAgentKey] = original
    }
  })

  it('aborted while the body arrives', async () => {
    respondWith((response) => response.writeHead(200, { 'content-type': 'application/json' }).write(half))
    const generator = await create({ baseUrl })
    const error = await failureOf(generator.generate(question, { signal: AbortSignal.timeout(100) }))
    expect(error).toMatchObject({ code: 'aborted', retryable: false, details: { charged: 'uncertain' } })
  })
})

describe('openai: a status', () => {
  const openAiError = (code: string | null, message = 'words') => ({ error: { message, type: 'invalid_request_error', param: null, code } })
  it.each([
    [400, openAiError('context_length_exceeded'), 'context-length', false],
    [400, openAiError(null, "This model's maximum context length is 4096 tokens"), 'context-length', false],
    [400, { error: { code: 400, message: 'too many tokens', type: 'exceed_context_size_error' } }, 'context-length', false],
    [400, openAiError('content_filter'), 'content-refused', false],
    [400, openAiError('unsupported_parameter', "Unsupported parameter: 'max_tokens'"), 'unsupported', false],
    [400, openAiError('unsupported_value'), 'unsupported', false],
    [400, openAiError(null, 'Unrecognized request argument supplied: seed'), 'unsupported', false],
    [400, openAiError(null, 'messages must not be empty'), 'invalid-input', false],
    [422, { detail: [{ loc: ['body'], msg: 'field required' }] }, 'invalid-input', false],
    [401, openAiError('invalid_api_key'), 'invalid-credential', false],
    [403, openAiError(null), 'invalid-credential', false],
    [404, openAiError('model_not_found'), 'not-found', false],
    [404, '<html>Not Found</html>', 'not-found', false],
    [402, { error: { code: 402, message: 'Insufficient credits' } }, 'quota-exhausted', false],
    [429, openAiError('insufficient_quota'), 'quota-exhausted', false],
    [429, { error: { message: 'words', type: 'insufficient_quota', code: null } }, 'quota-exhausted', false],
    [429, openAiError('rate_limit_exceeded'), 'rate-limited', true],
    [409, openAiError(null), 'provider-response', true],
    [425, '', 'provider-response', true],
    [498, openAiError('capacity_exceeded', 'Flex tier capacity exceeded'), 'rate-limited', true],
    [501, { error: { code: 501, message: 'This server does not support it', type: 'not_supported_error' } }, 'unsupported', false],
    [405, '', 'not-found', false],
    [413, { error: { message: 'Request too large for model m', type: 'tokens', code: 'rate_limit_exceeded' } }, 'context-length', false],
    [429, openAiError('rate_limit_exceeded', 'Request too large for m on tokens per min (TPM): Limit 30000, Requested 35000.'), 'context-length', false],
    [429, { error: { message: 'You exceeded your current quota, please check your plan and billing details.' } }, 'quota-exhausted', false],
    [429, { error: { message: 'You exceeded your current quota. Please retry in 34.07s.' } }, 'rate-limited', true],
    [403, { error: { code: 403, message: 'Flagged', metadata: { reasons: ['violence'], flagged_input: 'x' } } }, 'content-refused', false],
    [400, { error: { code: 400, message: 'x/y is not a valid model ID' } }, 'not-found', false],
    [400, { object: 'error', message: 'Invalid model: x', type: 'invalid_model', code: '1500' }, 'not-found', false],
    [400, openAiError('invalid_prompt', 'Your prompt was flagged as potentially violating our usage policy'), 'content-refused', false],
    [400, openAiError(null, 'max_tokens is too large: 99999. This model supports at most 16384 completion tokens.'), 'context-length', false],
    [500, { error: { code: 500, message: 'Context size has been exceeded.', type: 'server_error' } }, 'context-length', false],
    [500, openAiError(null), 'provider-response', true],
    [503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }, 'provider-response', true],
    [529, '', 'provider-response', true],
  ])('%i %j is %s', async (status, body, code, retryable) => {
    const error = await fails(sends(body, { status, headers: { 'x-request-id': 'req_7' } }))
    expect(error).toMatchObject({ code, retryable, details: { charged: 'none', status, requestId: 'req_7' } })
    expect(error.message).toContain(String(status))
  })

  it.each([408, 504, 524])('%i may have cost something', async (status) => {
    expect(await fails(sends('', { status }))).toMatchObject({ ...uncertain, details: { charged: 'uncertain', status } })
  })

  it('of a model that failed at JSON may have cost something, and may go better', async () => {
    expect(await fails(sends(openAiError('json_validate_failed'), { status: 400 }))).toMatchObject(uncertain)
  })

  it('402 with a time to wait is about what is in flight, not about credit', async () => {
    const error = await fails(sends({ error: { code: 402, message: 'In-flight budget' } }, { status: 402, headers: { 'retry-after': '3' } }))
    expect(error).toMatchObject({ code: 'rate-limited', retryable: true, details: { retryAfterMs: 3_000 } })
  })

  it.each([
    [500, 'false', false],
    [429, 'false', false],
    [400, 'true', true],
    [401, 'true', false],
    [402, 'true', false],
  ])('%i with x-should-retry: %s is retryable: %s', async (status, told, expected) => {
    expect((await fails(sends(openAiError(null), { status, headers: { 'x-should-retry': told } }))).retryable).toBe(expected)
  })

  it('that points elsewhere is not followed: prompt and key stay here', async () => {
    const before = server.seen.length
    const error = await fails(sends('', { status: 307, headers: { location: `${baseUrl}/elsewhere?token=abc` } }))
    expect(server.seen).toHaveLength(before + 1)
    expect(error).toMatchObject({ code: 'not-found', retryable: false, details: { charged: 'none', status: 307 } })
    expect(error.message).toMatch(/\/elsewhere$/m)
    expect(error.message).not.toContain('token=abc')
  })

  it('says the limits of the key', async () => {
    const headers = { 'x-ratelimit-limit-requests': '500', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }
    const { details } = await fails(sends(openAiError('rate_limit_exceeded'), { status: 429, headers }))
    expect(details.rateLimits).toEqual({ requests: { limit: 500, remaining: 0, resetMs: 360_000 } })
    expect((await ask(sends(completion, { headers }))).rateLimits).toEqual(details.rateLimits)
  })

  it('of a proxy, in HTML, is cut', async () => {
    const error = await fails(sends(`<html>${'z'.repeat(5_000)}`, { status: 502, headers: { 'content-type': 'text/html' } }))
    expect(error.message.length).toBeLessThan(500)
  })

  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.05' }, 50],
    [{ 'retry-after': '3600' }, 3_600_000],
    [{ 'retry-after': '-1' }, -1_000],
    [{ 'retry-after-ms': '120.5', 'retry-after': '9' }, 120.5],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('with %j', async (headers, expected) => {
    const error = await fails(sends(openAiError(null), { status: 429, headers }))
    expect(error.details.retryAfterMs).toBe(expected)
  })

  it('with retry-after as a date, also on 503', async () => {
    const headers = { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }
    const { details } = await fails(sends(openAiError(null), { status: 503, headers }))
    expect(details.retryAfterMs).toBeGreaterThan(57_000)
    expect(details.retryAfterMs).toBeLessThanOrEqual(60_000)
  })

  it('is one request, whatever the server says about retries', async () => {
    const before = server.seen.length
    await fails(sends('', { status: 503, headers: { 'x-should-retry': 'true', 'retry-after-ms': '1' } }))
    expect(server.seen).toHaveLength(before + 1)
  })
})
