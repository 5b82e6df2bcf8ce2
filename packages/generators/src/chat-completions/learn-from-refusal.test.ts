import type { Adaptation, GenerateRequest } from '@sedi/spec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { completion, failureOf, type OddServer, question, type Respond, refuses, sends, sendsChoice, startOddServer } from '../fixtures/odd-server.ts'
import openai from '../providers/openai.ts'
import { learnFromRefusal } from './learn-from-refusal.ts'
import { readErrorBody } from './read-error-body.ts'

const everything = {
  model: 'm',
  messages: [],
  max_tokens: 9,
  temperature: 0.7,
  top_p: 0.9,
  seed: 1,
  stop: ['a'],
  response_format: {},
  stream: true,
  service_tier: 'flex',
}

const lessons = (status: number, body: object, sent: object = everything) =>
  learnFromRefusal({ status, words: readErrorBody(JSON.stringify(body)) }, sent as Record<string, unknown>, []).map(
    ({ setting, action, replacement }) => `${setting} ${action}${action === 'renamed' ? ` ${replacement}` : ''}`,
  )

const openAi = (message: string, code: string | null = null, param: string | null = null) => ({
  error: { message, type: 'invalid_request_error', param, code },
})

describe('learnFromRefusal', () => {
  it.each([
    // OpenAI, as quoted in 9router issue 560 and lumen pull request 1087
    [
      400,
      openAi(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        'unsupported_parameter',
        'max_tokens',
      ),
      ['max_tokens renamed max_completion_tokens'],
    ],
    [
      400,
      openAi("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
      ['max_tokens renamed max_completion_tokens'],
    ],
    [
      400,
      openAi(
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
        'unsupported_value',
        'temperature',
      ),
      ['temperature dropped'],
    ],
    [400, openAi("Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported."), ['temperature dropped']],
    [400, openAi("Unsupported parameter: 'stop' is not supported with this model.", 'unsupported_parameter', 'stop'), ['stop emulated']],
    [400, openAi("Unknown parameter: 'seed'.", 'unknown_parameter', 'seed'), ['seed dropped']],
    [400, openAi('Unrecognized request argument supplied: seed'), ['seed dropped']],
    [400, openAi('Your organization must be verified to stream this model.', 'unsupported_value', 'stream'), ['stream dropped']],
    [
      400,
      openAi("Invalid schema for response_format 'tasks': In context=(), 'required' is required", 'invalid_json_schema', 'text.format.schema'),
      ['response_format dropped'],
    ],
    [
      400,
      openAi("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.", null, 'response_format'),
      ['response_format dropped'],
    ],
    // DeepSeek
    [400, openAi('This response_format type is unavailable now'), ['response_format dropped']],
    // Groq
    [400, openAi("property 'seed' is unsupported, did you mean 'random_seed'?"), ['seed renamed random_seed']],
    [400, openAi('`top_p` is not supported with this model'), ['top_p dropped']],
    // Claude behind a compatible gateway
    [400, openAi('`temperature` and `top_p` cannot both be specified for this model. Please use only one.'), ['top_p dropped']],
    // FastAPI, several at once
    [
      422,
      { detail: ['seed', 'top_p'].map((name) => ({ type: 'extra_forbidden', loc: ['body', name], msg: 'Extra inputs are not permitted' })) },
      ['seed dropped', 'top_p dropped'],
    ],
  ])('%i %j teaches %j', (status, body, expected) => {
    expect(lessons(status, body)).toEqual(expected)
  })

  it('lets OpenRouter’s condition go when nobody fulfils it', () => {
    const body = openAi('No endpoints found that can handle the requested parameters. To learn more about provider routing, visit: https://openrouter.ai/docs')
    expect(lessons(404, body, { ...everything, provider: { require_parameters: true } })).toEqual(['provider dropped'])
    expect(lessons(404, body)).toEqual([])
  })

  it.each([
    ['a bad value', 422, { detail: [{ type: 'less_than_equal', loc: ['body', 'temperature'], msg: 'Input should be less than or equal to 1.5' }] }],
    [
      'a bad value, in words',
      400,
      openAi("Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.", 'decimal_above_max_value', 'temperature'),
    ],
    [
      'too many tokens',
      400,
      openAi('max_tokens is too large: 99999. This model supports at most 16384 completion tokens, whereas you provided 99999.', null, 'max_tokens'),
    ],
    ['a long prompt', 400, openAi("This model's maximum context length is 4096 tokens. However, you requested 5000. Sampling beyond is not supported.")],
    ['the model', 400, openAi("The model 'm' is not supported", 'unsupported_model', 'model')],
    ['the messages', 400, openAi("Unsupported value: 'messages[0].role' does not support 'system' with this model.", 'unsupported_value', 'messages[0].role')],
    // Another tier is another price.
    ['the service tier', 400, openAi("Invalid service_tier argument: 'flex' is not supported with this model", 'unsupported_value', 'service_tier')],
    ['the key', 401, openAi('temperature not supported')],
    ['the rate', 429, openAi('temperature not supported')],
    ['a failure', 500, openAi('temperature not supported')],
    ['something that was not sent', 400, openAi("Unsupported parameter: 'logprobs'", 'unsupported_parameter', 'logprobs')],
  ])('teaches nothing when it is about %s', (_, status, body) => {
    expect(lessons(status, body)).toEqual([])
  })

  it('keeps secrets out of the reason', () => {
    const words = { message: "Unknown parameter: 'seed' (key my.secret.key)" }
    expect(learnFromRefusal({ status: 400, words }, everything, ['my.secret.key'])[0]!.reason).not.toContain('my.secret.key')
  })
})

describe('openai: what the model does not accept', () => {
  let server: OddServer
  beforeAll(async () => {
    server = await startOddServer()
  })
  afterAll(() => server.close())

  const create = (options: z.input<typeof openai.options> = {}, adaptations?: readonly Adaptation[]) =>
    openai.createTextGenerator('m', openai.options.parse({ baseUrl: server.baseUrl, ...options }), { credentials: {}, timeoutMs: 20_000, adaptations })
  const request: GenerateRequest = { ...question, temperature: 0.5, topP: 0.9, seed: 3, stop: ['END'] }

  const noTemperature = refuses(400, "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.", {
    code: 'unsupported_value',
    param: 'temperature',
  })
  const otherName = refuses(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", {
    code: 'unsupported_parameter',
    param: 'max_tokens',
  })
  const noStop = refuses(400, "Unsupported parameter: 'stop' is not supported with this model.", { code: 'unsupported_parameter', param: 'stop' })

  it('is renamed, dropped or done here, once, and never sent again', async () => {
    server.answer(otherName, noTemperature, noStop, sendsChoice({ message: { content: 'a END b' }, finish_reason: 'length' }))
    const before = server.seen.length
    const generator = await create()
    const first = await generator.generate(request)
    expect(server.seen.slice(before).map(({ body }) => Object.keys(body).filter((name) => name !== 'model' && name !== 'messages'))).toEqual([
      ['max_tokens', 'temperature', 'top_p', 'seed', 'stop'],
      ['max_completion_tokens', 'temperature', 'top_p', 'seed', 'stop'],
      ['max_completion_tokens', 'top_p', 'seed', 'stop'],
      ['max_completion_tokens', 'top_p', 'seed'],
    ])
    expect(first).toMatchObject({ text: 'a ', finishReason: 'stop' })
    expect(first.adaptations).toMatchObject([
      { setting: 'max_tokens', action: 'renamed', replacement: 'max_completion_tokens' },
      { setting: 'temperature', action: 'dropped', replacement: null, reason: expect.stringContaining('Only the default (1)') },
      { setting: 'stop', action: 'emulated' },
    ])
    expect(first.warnings).toEqual([expect.stringMatching(/^temperature: not sent\. The server answered 400/)])

    const second = await generator.generate(request)
    expect(server.seen).toHaveLength(before + 5)
    expect(second.adaptations).toEqual(first.adaptations)
  })

  it('is learned by all that are under way, and reported by all', async () => {
    server.answer((response, seen) => ('temperature' in seen.body ? noTemperature : sends(completion))(response, seen))
    const generator = await create()
    const before = server.seen.length
    const results = await Promise.all([1, 2, 3].map(() => generator.generate(request)))
    expect(server.seen).toHaveLength(before + 6)
    for (const { adaptations } of results) expect(adaptations).toMatchObject([{ setting: 'temperature' }])
  })

  it('is known from the beginning when the run has learned it before', async () => {
    server.answer(sends(completion))
    const before = server.seen.length
    await (await create({}, [{ setting: 'temperature', action: 'dropped', replacement: null, reason: 'earlier' }])).generate(request)
    expect(server.seen).toHaveLength(before + 1)
    expect(server.seen.at(-1)!.body).not.toHaveProperty('temperature')
  })

  it('ends in an error when the server refuses every name', async () => {
    const otherWay = refuses(400, "Unsupported parameter: 'max_completion_tokens'. Use 'max_tokens' instead.", {
      code: 'unsupported_parameter',
      param: 'max_completion_tokens',
    })
    server.answer((response, seen) => ('max_tokens' in seen.body ? otherName : otherWay)(response, seen))
    const before = server.seen.length
    const error = await failureOf((await create()).generate(request))
    expect(error).toMatchObject({ code: 'unsupported', retryable: false, details: { charged: 'none', status: 400 } })
    expect(server.seen).toHaveLength(before + 2)
  })

  it('never takes the limit on tokens away', async () => {
    server.answer(refuses(400, "Unknown parameter: 'max_tokens'.", { code: 'unknown_parameter', param: 'max_tokens' }), sends(completion))
    await (await create()).generate(request)
    expect(server.seen.at(-1)!.body.max_completion_tokens).toBe(100)
  })

  it('is not resent when the failure is another one', async () => {
    const failed: Respond = (response) => response.writeHead(500).end('temperature is not supported')
    server.answer(failed)
    const before = server.seen.length
    await failureOf((await create()).generate(request))
    expect(server.seen).toHaveLength(before + 1)
  })
})

describe('openai: an answer that is not as asked', () => {
  let server: OddServer
  beforeAll(async () => {
    server = await startOddServer()
  })
  afterAll(() => server.close())
  const ask = async (how: Respond, change: Partial<GenerateRequest> = {}, options: z.input<typeof openai.options> = {}) => {
    server.answer(how)
    const generator = await openai.createTextGenerator('m', openai.options.parse({ baseUrl: server.baseUrl, ...options }), {
      credentials: {},
      timeoutMs: 20_000,
    })
    return generator.generate({ ...question, ...change })
  }
  const usage = (changes: object) => ({ usage: { prompt_tokens: 9, completion_tokens: 5, ...changes } })
  const responseFormat = { name: 'tasks', schema: { type: 'object', properties: {}, required: [], additionalProperties: false } }

  it('says why it is empty and what to do', async () => {
    const spent = usage({ completion_tokens: 100, completion_tokens_details: { reasoning_tokens: 100 } })
    const { warnings, text } = await ask(sendsChoice({ message: { content: '' }, finish_reason: 'length' }, spent))
    expect(text).toBe('')
    expect(warnings).toEqual([
      expect.stringMatching(/^output-truncated: the model spent its 100 output tokens \(100 on reasoning\).*maxOutputTokens.*reasoningEffort/),
    ])
  })

  it('says that a schema was ignored, unless the answer was cut', async () => {
    const ignored = await ask(sendsChoice({ message: { content: 'Sure! Here it is' } }), { responseFormat })
    expect(server.seen.at(-1)!.body.response_format).toEqual({ type: 'json_schema', json_schema: { ...responseFormat, strict: true } })
    expect(ignored.warnings).toEqual([expect.stringMatching(/^response_format: the answer is no JSON/)])
    expect((await ask(sendsChoice({ message: { content: '{}' } }), { responseFormat })).warnings).toEqual([])
    expect((await ask(sendsChoice({ message: { content: '{"a": ' }, finish_reason: 'length' }), { responseFormat })).warnings).toEqual([])
  })

  it('says that it came from a dearer tier', async () => {
    const { warnings } = await ask(sends({ ...completion, service_tier: 'default' }), {}, { serviceTier: 'flex' })
    expect(warnings).toEqual(['service_tier: flex asked for, default served: its price may be another'])
  })

  it('says that the prompt was probably cut', async () => {
    const messages = [{ role: 'user', content: 'word '.repeat(10_000) }] as const
    const { warnings } = await ask(sendsChoice({}, usage({ prompt_tokens: 4_096 })), { messages }, { preset: 'ollama' })
    expect(warnings).toEqual([expect.stringMatching(/4096 tokens counted for 50000 characters.*num_ctx/)])
    expect((await ask(sendsChoice({}, usage({ prompt_tokens: 10_000 })), { messages }, { preset: 'ollama' })).warnings).toEqual([])
  })
})
