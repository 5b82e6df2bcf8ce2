import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { type GenerateRequest, SediError } from '@sedi/spec'
import { createFakeProviderSubject, describeTextGeneratorContract, skipFaults } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import huggingface from './huggingface.ts'

type Options = z.input<typeof huggingface.options>
type Extra = { token?: string; timeoutMs?: number; model?: string; fetch?: typeof fetch }

const create = (options: Options, { token, timeoutMs = 20_000, model = 'm', fetch }: Extra = {}) =>
  huggingface.createTextGenerator(model, huggingface.options.parse(options), {
    credentials: token === undefined ? {} : { token },
    timeoutMs,
    ...(fetch === undefined ? {} : { fetch }),
  })

const noStreams = skipFaults(['stream-for-json'], 'the SDK reads no stream that was not asked for; it is reported as uncertain')

describeTextGeneratorContract({
  name: 'huggingface, on an endpoint',
  create: () => createFakeProviderSubject(({ baseUrl, apiKey, ...connection }) => create({ endpointUrl: baseUrl }, { token: apiKey, ...connection })),
  destroy: (subject) => subject.close(),
  skip: noStreams,
})

// The SDK knows only the real addresses; the test sends what goes there to loopback instead, as a proxy would.
const redirectTo =
  (origin: string): typeof fetch =>
  (resource, init) => {
    const { host, pathname, search } = new URL(String(resource))
    return fetch(`${origin}/${host}${pathname}${search}`, init)
  }

describeTextGeneratorContract({
  name: 'huggingface, routed',
  create: () =>
    createFakeProviderSubject(({ baseUrl, apiKey, ...connection }) => {
      const origin = new URL(baseUrl).origin
      // The token routes; the fake provider’s own key is put in its place.
      const send: typeof fetch = (resource, init) => {
        const headers = { ...(init?.headers as Record<string, string>), Authorization: `Bearer ${apiKey}` }
        return fetch(`${origin}${new URL(String(resource)).pathname}`, { ...init, headers })
      }
      return create({}, { token: 'hf_0123456789abcdef', ...connection, fetch: send })
    }),
  destroy: (subject) => subject.close(),
  skip: { ...noStreams, 'keeps the key out of errors': 'the server is sent a key that the generator was not given; what it was given is tested below' },
})

const token = 'hf_one.two.three.four'
const question: GenerateRequest = { messages: [{ role: 'user', content: 'the prompt' }], maxOutputTokens: 100 }
const completion = {
  id: 'x',
  created: 1,
  model: 'm-2026',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 2 } },
}

type Seen = {
  readonly url: string
  readonly method: string
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Record<string, unknown> | undefined
}
type Respond = (response: ServerResponse, seen: Seen) => void

let server: Server
let origin: string
let seen: Seen[]
let respond: Respond

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const body = await text(request)
    const one = { url: request.url!, method: request.method!, headers: request.headers, body: body === '' ? undefined : (JSON.parse(body) as Seen['body']) }
    seen.push(one)
    respond(response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const sends =
  (body: string | object, { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {}): Respond =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body))

/** The Hub answers the look-up, the provider the question. */
const routes =
  (lookUp: Respond, answer: Respond): Respond =>
  (response, one) =>
    (one.url.startsWith('/huggingface.co/') ? lookUp : answer)(response, one)

const mapping = (provider: string, change: object = {}) =>
  sends({ inferenceProviderMapping: { [provider]: { providerId: `${provider}-name`, status: 'live', task: 'conversational', ...change } } })

async function ask(how: Respond, options: Options, extra: Extra = {}, request: Partial<GenerateRequest> = {}) {
  respond = how
  seen = []
  const generator = await create(options, { token, fetch: redirectTo(origin), ...extra })
  return generator.generate({ ...question, ...request })
}

async function fails(...parameters: Parameters<typeof ask>): Promise<SediError> {
  const error = await ask(...parameters).then(
    (value) => value,
    (thrown: unknown) => thrown,
  )
  if (!SediError.is(error)) throw new Error(`Expected a SediError, got ${inspect(error)}`)
  return error
}

const endpoint = (): { endpointUrl: string } => ({ endpointUrl: `${origin}/v1` })
// The process remembers look-ups, so each test asks for another model.
let models = 0
const freshModel = (): { model: string } => ({ model: `org/model-${models++}` })

describe('huggingface: where requests go', () => {
  it('auto: one request, to the router', async () => {
    const result = await ask(sends(completion), {}, freshModel())
    expect(seen.map(({ url }) => url)).toEqual(['/router.huggingface.co/v1/chat/completions'])
    expect(seen[0]!.headers.authorization).toBe(`Bearer ${token}`)
    expect(result).toMatchObject({ text: 'Hi', modelId: 'm-2026', usage: { inputTokens: 3, outputTokens: 1, cachedInputTokens: 2 } })
  })

  it('a provider by name: the Hub says its name for the model, the token decides the way', async () => {
    const { model } = freshModel()
    await ask(routes(mapping('groq'), sends(completion)), { inferenceProvider: 'groq' }, { model })
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET /huggingface.co/api/models/${model}?expand[]=inferenceProviderMapping`,
      'POST /router.huggingface.co/groq/openai/v1/chat/completions',
    ])
    expect(seen[1]!.body?.model).toBe('groq-name')
    await ask(routes(mapping('groq'), sends(completion)), { inferenceProvider: 'groq' }, { model, token: 'gsk.own.key' })
    expect(seen.map(({ url }) => url)).toEqual(['/api.groq.com/openai/v1/chat/completions'])
  })

  it('sends settings as they are, and who pays', async () => {
    const responseFormat = { name: 'tasks', schema: { type: 'object', properties: {}, required: [], additionalProperties: false } }
    await ask(sends(completion), { billTo: 'org' }, freshModel(), { temperature: 0, topP: 0.5, seed: 0, stop: ['a'], responseFormat })
    const { model: _, ...body } = seen[0]!.body!
    expect(body).toEqual({
      messages: question.messages,
      max_tokens: 100,
      temperature: 0,
      top_p: 0.5,
      seed: 0,
      stop: ['a'],
      response_format: { type: 'json_schema', json_schema: { ...responseFormat, strict: true } },
    })
    expect(seen[0]!.headers['x-hf-bill-to']).toBe('org')
  })
})

describe('huggingface: the look-up fails, and nothing is charged', () => {
  it.each([
    ['unknown model', sends({ error: 'Repository not found' }, { status: 404 }), 'not-found', false],
    ['bad token', sends({ error: 'Invalid credentials' }, { status: 401 }), 'invalid-credential', false],
    ['an error without words', sends({ problem: 1 }, { status: 500 }), 'provider-response', true],
    ['an error page', sends('<html>', { status: 503, headers: { 'content-type': 'text/html' } }), 'provider-response', true],
    ['too many', sends({ error: 'slow down' }, { status: 429, headers: { 'retry-after': '7' } }), 'rate-limited', true],
    ['no JSON', sends('{'), 'provider-response', true],
    ['no mapping', sends({ id: 'm' }), 'provider-response', true],
    ['another provider only', mapping('together'), 'not-found', false],
    ['another task', mapping('groq', { task: 'text-to-image' }), 'unsupported', false],
  ] as const)('%s', async (_, lookUp, code, retryable) => {
    const error = await fails(routes(lookUp, sends(completion)), { inferenceProvider: 'groq' }, freshModel())
    expect(error).toMatchObject({ code, retryable, details: { charged: 'none' } })
    expect(seen.every(({ method }) => method === 'GET')).toBe(true)
    if (code === 'rate-limited') expect(error.details.retryAfterMs).toBe(7_000)
  })

  it('stalls', async () => {
    const error = await fails(() => {}, { inferenceProvider: 'groq' }, { ...freshModel(), timeoutMs: 150 })
    expect(error).toMatchObject({ code: 'timeout', retryable: true, details: { charged: 'none' } })
  })

  it('an unknown provider', async () => {
    expect((await fails(sends({}), { inferenceProvider: 'nobody' }, freshModel())).details.charged).toBe('none')
    expect(seen).toEqual([])
  })
})

describe('huggingface: the token', () => {
  it.each([
    [{}, { token: '' }, 'missing-credential'],
    [{}, { token: 'gsk.own.key' }, 'invalid-credential'],
    [{}, { token: '“quoted”' }, 'invalid-credential'],
  ] as const)('%j with %j is refused when the generator is made', async (options, extra, code) => {
    const error = await fails(sends(completion), options, extra)
    expect(error.code).toBe(code)
    expect(error.message).toContain('HF_TOKEN')
    expect(error.message).not.toContain('gsk.own.key')
  })

  it('is not needed on an endpoint', async () => {
    await ask(sends(completion), endpoint(), { token: '', fetch })
    expect(seen[0]!.headers.authorization).toBeUndefined()
  })
})

const uncertain = { code: 'provider-response', retryable: true, details: { charged: 'uncertain' } }

describe('huggingface: replies', () => {
  const html = { headers: { 'content-type': 'text/html' } }
  const { usage: _, ...unbilled } = completion

  it.each([
    ['routed', {}],
    ['on an endpoint', 'endpoint'],
  ] as const)('an answer without usage is an answer, %s', async (_, where) => {
    const result = await ask(sends(unbilled), where === 'endpoint' ? endpoint() : {}, { ...freshModel(), ...(where === 'endpoint' ? { fetch } : {}) })
    expect(result.text).toBe('Hi')
    expect(result.usage.inputTokens).toBeUndefined()
  })

  it.each([
    ['HTML', sends('<html>Log in</html>', html)],
    ['an error', sends({ error: { message: 'Upstream is down' } })],
    ['an error in words', sends({ error: 'Upstream is down' })],
    ['empty', sends('')],
    ['cut JSON', sends('{"choices"')],
    ['no choices', sends({ ...completion, choices: [] })],
  ])('a 200 that is no answer: %s', async (_, how) => {
    expect(await fails(how, endpoint(), { fetch })).toMatchObject(uncertain)
    expect(await fails(how, {}, freshModel())).toMatchObject(uncertain)
  })

  it.each([
    [400, { error: { message: 'too long', code: 'context_length_exceeded' } }, 'context-length', false],
    [401, { error: 'Invalid username or password' }, 'invalid-credential', false],
    [402, { error: 'You have exceeded your monthly included credits' }, 'quota-exhausted', false],
    [404, { message: 'no such model' }, 'not-found', false],
    [422, { detail: 'field required' }, 'invalid-input', false],
    [429, { error: 'slow down' }, 'rate-limited', true],
    [503, { error: 'Service Unavailable' }, 'provider-response', true],
  ])('%i %j is %s, after one request', async (status, body, code, retryable) => {
    const error = await fails(sends(body, { status, headers: { 'x-request-id': 'r7', ...(status === 402 ? {} : { 'retry-after': '3' }) } }), endpoint(), {
      fetch,
    })
    expect(error).toMatchObject({ code, retryable, details: { charged: 'none', status, requestId: 'r7' } })
    expect(error.details.retryAfterMs).toBe(status === 402 ? undefined : 3_000)
    const words = Object.values(body)[0] as string | { message: string }
    expect(error.message).toContain(typeof words === 'string' ? words : words.message)
    expect(seen).toHaveLength(1)
  })

  it('never repeats the prompt or the token', async () => {
    const echo: Respond = (response, { body, headers }) =>
      sends({ error: `${headers.authorization} is not allowed` }, { status: 403 })(response, { body } as Seen)
    const error = await fails(echo, endpoint(), { fetch })
    const shown = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }) + JSON.stringify(error) + error.stack
    expect(shown).not.toContain('one.two')
    expect(shown).not.toContain('the prompt')
  })

  it('stalls in the middle of the body', async () => {
    const half: Respond = (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":')
    expect(await fails(half, endpoint(), { fetch, timeoutMs: 150 })).toMatchObject({ code: 'timeout', retryable: true, details: { charged: 'uncertain' } })
  })
})
