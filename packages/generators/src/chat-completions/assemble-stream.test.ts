import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { completion, failureOf, type OddServer, question, type Respond, refuses, sends, startOddServer } from '../fixtures/odd-server.ts'
import openai from '../providers/openai.ts'

type Options = z.input<typeof openai.options>

let server: OddServer
beforeAll(async () => {
  server = await startOddServer()
})
afterAll(() => server.close())

const delta = (content: unknown, finishReason: string | null = null, more: object = {}) => ({
  id: 'x',
  model: 'm-2026',
  choices: [{ index: 0, delta: content === undefined ? {} : { content }, finish_reason: finishReason }],
  ...more,
})
const usage = { prompt_tokens: 3, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 1 } }
const lastUsage = { id: 'x', model: 'm-2026', choices: [], usage }
const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const opening = { 'content-type': 'text/event-stream' }

/** Sends these texts as they are; strings only, so that framing can be wrong. */
const streams =
  (...texts: readonly string[]): Respond =>
  (response) =>
    response.writeHead(200, opening).end(texts.join(''))

const events = (...all: readonly unknown[]): Respond => streams(...all.map(event), event('[DONE]'))

async function ask(how: Respond, options: Options = {}, call: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  server.answer(how)
  const { timeoutMs = 20_000, signal } = call
  const generator = await openai.createTextGenerator('m', openai.options.parse({ baseUrl: server.baseUrl, stream: true, ...options }), {
    credentials: {},
    timeoutMs,
  })
  return generator.generate(question, { signal })
}

const uncertain = { code: 'provider-response', retryable: true, details: { charged: 'uncertain' } }

describe('openai: a streamed answer', () => {
  it('is asked for together with its usage, and read like any other', async () => {
    const result = await ask(events(delta(''), delta('H'), delta('i'), delta(undefined, 'stop'), lastUsage))
    expect(server.seen.at(-1)!.body).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(result).toMatchObject({
      text: 'Hi',
      finishReason: 'stop',
      modelId: 'm-2026',
      usage: { inputTokens: 3, outputTokens: 2, cachedInputTokens: 1 },
      warnings: [],
    })
  })

  it.each([
    [
      'comments between events',
      streams(': OPENROUTER PROCESSING\n\n', event(delta('Hi')), ': keep-alive\n\n', event(delta(undefined, 'stop')), event('[DONE]')),
    ],
    ['CRLF', streams(...[delta('Hi'), delta(undefined, 'stop'), '[DONE]'].map((data) => event(data).replaceAll('\n', '\r\n')))],
    [
      'data over several lines',
      streams(`data: {"model": "m",\ndata: "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}\n\n`, event('[DONE]')),
    ],
    ['no [DONE]', streams(event(delta('Hi')), event(delta(undefined, 'stop')))],
    ['events after [DONE]', events(delta('Hi', 'stop'), '[DONE]', delta(' and more'))],
    ['no choices first', events({ model: 'm', choices: [], prompt_filter_results: [] }, delta('Hi', 'stop'))],
    ['a role alone first', events({ ...delta(undefined), choices: [{ index: 0, delta: { role: 'assistant' } }] }, delta('Hi', 'stop'))],
    ['usage with the last words', events(delta('Hi', 'stop', { usage }))],
    ['usage null until then', events(delta('Hi', null, { usage: null }), delta(undefined, 'stop', { usage: null }), lastUsage)],
    ['other choices between', events(delta('H'), { choices: [{ index: 1, delta: { content: 'X' }, finish_reason: 'stop' }] }, delta('i', 'stop'))],
    ['filler', events(delta('Hi', 'stop', { obfuscation: 'aaaa' }))],
    ['finish_reason empty until the end', events(delta('H', ''), delta('i', ''), delta(undefined, 'stop'))],
    ['content in parts', events(delta([{ type: 'thinking', thinking: [] }]), delta([{ type: 'text', text: 'Hi' }]), delta('', 'stop'))],
    ['reasoning before it', events({ choices: [{ index: 0, delta: { reasoning_content: 'Hm' } }] }, delta('Hi', 'stop'))],
    ['named events', streams(`event: message\n${event(delta('Hi', 'stop'))}`, event('[DONE]'))],
  ])('may come with %s', async (_, how) => {
    expect(await ask(how)).toMatchObject({ text: 'Hi', finishReason: 'stop' })
  })

  it('may split a letter over packets', async () => {
    const bytes = Buffer.from(event(delta('数学', 'stop')) + event('[DONE]'))
    const result = await ask(async (response) => {
      response.writeHead(200, opening)
      for (const byte of bytes) await new Promise((resolve) => response.write(Buffer.of(byte), resolve))
      response.end()
    })
    expect(result.text).toBe('数学')
  })

  it('may be a refusal', async () => {
    const refusal = { choices: [{ index: 0, delta: { refusal: 'I cannot' }, finish_reason: null }] }
    expect(await ask(events(refusal, delta(undefined, 'stop')))).toMatchObject({ text: 'I cannot', finishReason: 'content-filter' })
  })

  it('may come whole', async () => {
    expect(await ask(sends(completion))).toMatchObject({ text: 'Hi', finishReason: 'stop', usage: { inputTokens: 3 } })
  })

  it('may come unasked', async () => {
    expect(await ask(events(delta('Hi', 'stop'), lastUsage), { stream: false })).toMatchObject({ text: 'Hi', usage: { inputTokens: 3 } })
    expect(server.seen.at(-1)!.body).not.toHaveProperty('stream')
  })

  it('counts when the stream breaks after its end, with unknown usage', async () => {
    const result = await ask((response) => {
      response.writeHead(200, opening).write(event(delta('Hi', 'stop')), () => response.socket?.destroy())
    })
    expect(result.usage).toEqual({})
    expect(result).toMatchObject({ text: 'Hi', warnings: [expect.stringContaining('token counts did not arrive')] })
  })

  it('has the limits of its headers', async () => {
    const result = await ask((response) => response.writeHead(200, { ...opening, 'x-ratelimit-limit-requests': '60' }).end(event(delta('Hi', 'stop'))))
    expect(result.rateLimits).toEqual({ requests: { limit: 60 } })
  })

  it('is not asked for where nobody may have one', async () => {
    const refused = refuses(400, 'Your organization must be verified to stream this model.', { code: 'unsupported_value', param: 'stream' })
    server.answer(refused, refuses(400, "Unknown parameter: 'stream_options'.", { code: 'unknown_parameter', param: 'stream_options' }), sends(completion))
    const generator = await openai.createTextGenerator('m', openai.options.parse({ baseUrl: server.baseUrl, stream: true }), {
      credentials: {},
      timeoutMs: 20_000,
    })
    const result = await generator.generate(question)
    expect(result).toMatchObject({ text: 'Hi', warnings: [], adaptations: [{ setting: 'stream', action: 'dropped' }, { setting: 'stream_options' }] })
  })
})

describe('openai: a stream that is no answer', () => {
  it.each([
    ['ends without finish_reason', events(delta('Hi'))],
    ['ends without anything', streams()],
    [
      'holds an error',
      events(delta('Hi'), { error: { message: 'Upstream died', code: 'server_error' }, choices: [{ index: 0, delta: {}, finish_reason: 'error' }] }),
    ],
    ['holds an error in words', events(delta('Hi'), { error: 'out of memory' })],
    ['names an error event', streams(event(delta('Hi')), `event: error\n${event({ message: 'boom' })}`)],
    ['ends with finish_reason error', events(delta('Hi'), delta(undefined, 'error'))],
    ['is no JSON', streams(event(delta('Hi')), 'data: {"choices": [\n\n')],
    ['breaks off', (response: ServerResponse) => response.writeHead(200, opening).write(event(delta('Hi')), () => response.socket?.destroy())],
  ] as [string, Respond][])('%s', async (_, how) => {
    expect(await failureOf(ask(how))).toMatchObject(uncertain)
  })

  it('passes on what an error in the middle means', async () => {
    const error = await failureOf(ask(events(delta('Hi'), { error: { message: 'Rate limit exceeded upstream', code: 429 } })))
    expect(error).toMatchObject({ code: 'rate-limited', retryable: true, details: { charged: 'uncertain' } })
    expect(await failureOf(ask(events({ error: { message: 'Insufficient credits', code: 402 } })))).toMatchObject({ code: 'quota-exhausted', retryable: false })
  })

  const hangsAfter =
    (text: string): Respond =>
    (response) =>
      response.writeHead(200, opening).write(text)

  it('that stops in the middle is noticed by its silence', async () => {
    const error = await failureOf(ask(hangsAfter(event(delta('Hi'))), { idleTimeoutMs: 150 }))
    expect(error).toMatchObject({ code: 'timeout', retryable: true, details: { charged: 'uncertain' } })
    expect(error.message).toContain('silent for 150 ms')
  })

  it('may be silent before its first words, but not for ever', async () => {
    const slow: Respond = async (response) => {
      response.writeHead(200, opening).write(event({ choices: [{ index: 0, delta: { role: 'assistant' } }] }))
      await wait(1000)
      response.end(event(delta('Hi', 'stop')))
    }
    expect((await ask(slow, { idleTimeoutMs: 500 })).text).toBe('Hi')
    const error = await failureOf(ask(hangsAfter(event({ choices: [] })), { idleTimeoutMs: 50 }, { timeoutMs: 300 }))
    expect(error).toMatchObject({ code: 'timeout', details: { charged: 'uncertain' } })
    expect(error.message).toContain('within 300 ms')
  })

  it('is not silent while comments come', async () => {
    const pinging: Respond = async (response) => {
      response.writeHead(200, opening).write(event(delta('H')))
      for (let i = 0; i < 10; i++) {
        await wait(200)
        response.write(': ping\n\n')
      }
      response.end(event(delta('i', 'stop')))
    }
    expect((await ask(pinging, { idleTimeoutMs: 1500 })).text).toBe('Hi')
  })

  it('is aborted by its caller', async () => {
    const stop = new AbortController()
    const hangs: Respond = (response) => response.writeHead(200, opening).write(event(delta('Hi')), () => setTimeout(() => stop.abort(), 50))
    const error = await failureOf(ask(hangs, {}, { signal: stop.signal }))
    expect(error).toMatchObject({ code: 'aborted', retryable: false, details: { charged: 'uncertain' } })
  })
})
