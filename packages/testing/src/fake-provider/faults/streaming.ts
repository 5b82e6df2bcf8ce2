import type { Completion } from '../completion.ts'
import { completionReply } from '../completion-reply.ts'
import type { Body } from '../reply.ts'
import { type Chunk, chunksOf, done, event, eventStream } from '../stream-reply.ts'
import { answered, deliver, type Fault, type FaultContext, type Faults, timedOut, uncertain } from './fault.ts'

const standard = 'HTML standard, 9.2 server-sent events'
const measured = 'npm package openai 7.55.0 over loopback, measured'

/** The teacher's answer, with these events in place of its own. */
function events(write: (chunks: readonly Chunk[], context: FaultContext, completion: Completion) => Body): Fault['act'] {
  return (context) => {
    const completion = context.teach()
    const body = write(chunksOf(context.request, completion, context.imitation), context, completion)
    return { reply: eventStream(body), completion }
  }
}

/** The same, chunk by chunk. */
const eachChunk = (change: (chunk: Chunk) => Chunk): Fault['act'] => events((chunks) => [...chunks.map((chunk) => event(change(chunk))), done])

const proper = (chunks: readonly Chunk[]): string => [...chunks.map(event), done].join('')
const hasChoices = (chunk: Chunk): boolean => (chunk.choices as readonly unknown[]).length > 0
const choiceOf = (chunk: Chunk) => (chunk.choices as readonly Choice[])[0]
const isFinish = (chunk: Chunk): boolean => choiceOf(chunk)?.finish_reason != null
const firstHalf = (chunks: readonly Chunk[]): readonly Chunk[] => chunks.slice(0, Math.max(2, chunks.length >> 1))

type Choice = { readonly index: number; readonly delta: { readonly content?: string }; readonly finish_reason: string | null }

/** What can be odd about a stream of events. */
export const streaming = {
  'sse-comments': {
    about: ': keep-alive before and between the chunks',
    source: 'DeepSeek API docs, rate limit; llama.cpp, sse_ping_interval',
    only: 'stream',
    act: events((chunks) => [': keep-alive\n\n', ...chunks.map((chunk) => `${event(chunk)}: keep-alive\n\n`), done]),
    expected: answered,
  },
  'sse-openrouter-comments': {
    about: ': OPENROUTER PROCESSING before the first chunk',
    source: 'OpenRouter API docs, streaming',
    only: 'stream',
    act: events((chunks) => [': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n', ...chunks.map(event), done]),
    expected: answered,
  },
  'sse-crlf': {
    about: 'lines end with CR LF',
    source: standard,
    only: 'stream',
    act: events((chunks) => [...chunks.map(event), done].map((text) => text.replaceAll('\n', '\r\n'))),
    expected: answered,
  },
  'sse-multi-line': {
    about: 'one JSON over several data: lines',
    source: standard,
    only: 'stream',
    act: events((chunks) => [...chunks.map((chunk) => `${JSON.stringify(chunk, null, 1).replaceAll(/^/gm, 'data: ')}\n\n`), done]),
    expected: answered,
  },
  'sse-no-space': {
    about: 'data:{…} without the space',
    source: standard,
    only: 'stream',
    act: events((chunks) => [...chunks.map((chunk) => `data:${JSON.stringify(chunk)}\n\n`), 'data:[DONE]\n\n']),
    expected: answered,
  },
  'sse-fields': {
    about: 'event:, id: and retry: lines beside data:',
    source: standard,
    only: 'stream',
    act: events((chunks) => [...chunks.map((chunk, i) => `event: message\nid: ${i}\nretry: 10\n${event(chunk)}`), done]),
    expected: answered,
  },
  'sse-split': {
    about: 'packets end anywhere, also inside a character',
    source: measured,
    only: 'stream',
    act: (context) => {
      const completion = { ...context.teach(), text: '数学 👩‍👩‍👧 naïve 𝒳' }
      const bytes = Buffer.from(proper(chunksOf(context.request, completion, context.imitation)))
      const packets = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(7 * i, 7 * i + 7))
      return { reply: eventStream(packets), completion }
    },
    expected: { finishReason: 'stop', text: '数学 👩‍👩‍👧 naïve 𝒳' },
  },
  'sse-one-packet': { about: 'everything in one packet', source: measured, only: 'stream', act: events((chunks) => [proper(chunks)]), expected: answered },
  'sse-no-done': {
    about: 'complete, but without [DONE]',
    source: measured,
    only: 'stream',
    act: events((chunks) => chunks.map(event)),
    expected: answered,
  },
  'sse-no-finish': {
    about: 'paid; ends in order, but in the middle: no finish_reason, no [DONE]',
    source: measured,
    only: 'stream',
    act: events((chunks) => firstHalf(chunks).map(event)),
    expected: uncertain,
  },
  'sse-no-finish-done': {
    about: 'paid; [DONE] in the middle: no finish_reason',
    source: measured,
    only: 'stream',
    act: events((chunks) => [...firstHalf(chunks).map(event), done]),
    expected: uncertain,
  },
  'sse-after-done': {
    about: 'another chunk after [DONE]',
    source: measured,
    only: 'stream',
    act: events((chunks) => [...chunks.map(event), done, event(chunks[1])]),
    expected: answered,
  },
  'sse-empty-first': {
    about: 'the first chunk, and one in the middle, has no choices',
    source: 'Azure OpenAI docs, content filtering of streams',
    only: 'stream',
    act: events((chunks) => {
      const empty = event({ ...chunks[0], choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] })
      return [empty, event(chunks[0]), empty, ...chunks.slice(1).map(event), done]
    }),
    expected: answered,
  },
  'sse-usage-with-finish': {
    about: 'usage in the chunk with the finish_reason',
    source: 'Fireworks API docs, streaming',
    only: 'stream',
    act: events((chunks) => {
      const usage = { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 }
      return [...chunks.filter(hasChoices).map((chunk) => event(isFinish(chunk) ? { ...chunk, usage } : chunk)), done]
    }),
    expected: { finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 8 } },
  },
  'sse-usage-growing': {
    about: 'usage so far in every chunk',
    source: 'vLLM, stream_options.continuous_usage_stats',
    only: 'stream',
    act: events((chunks) => {
      const usage = (i: number) => ({ prompt_tokens: 7, completion_tokens: i, total_tokens: 7 + i })
      const choices = chunks.filter(hasChoices)
      return [...choices.map((chunk, i) => event({ ...chunk, usage: usage(i + 1) })), event({ ...chunks[0], choices: [], usage: usage(99) }), done]
    }),
    expected: { finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 99 } },
  },
  'sse-no-usage': {
    about: 'no usage, though asked for',
    source: 'lmstudio-ai/lmstudio-bug-tracker issue 676; abetlen/llama-cpp-python issue 1082',
    only: 'stream',
    act: events((chunks) => [...chunks.filter(hasChoices).map(({ usage: _, ...chunk }) => event(chunk)), done]),
    expected: { finishReason: 'stop', usage: {} },
  },
  'sse-obfuscation': {
    about: 'a filler field in every chunk',
    source: 'OpenAI API reference, include_obfuscation',
    only: 'stream',
    act: eachChunk((chunk) => ({ ...chunk, obfuscation: 'x7Kq2' })),
    expected: answered,
  },
  'sse-two-choices': {
    about: 'a second answer nobody asked for, interleaved',
    source: 'types of npm package openai 7.55.0: n > 1',
    only: 'stream',
    act(context) {
      const completion = { ...context.teach(), text: 'the first answer' }
      const chunks = chunksOf(context.request, completion, context.imitation)
      const other = (chunk: Chunk): Chunk => {
        const choice = choiceOf(chunk)!
        const delta = choice.delta.content === undefined ? {} : { content: 'SECOND' }
        return { ...chunk, choices: [{ ...choice, index: 1, delta }] }
      }
      return { reply: eventStream([...chunks.map((chunk) => (hasChoices(chunk) ? event(other(chunk)) + event(chunk) : event(chunk))), done]), completion }
    },
    expected: { finishReason: 'stop', text: 'the first answer' },
  },
  'sse-role-only': {
    about: 'a role and an end: no text at all',
    source: 'DeepSeek API docs, JSON output: may return empty content',
    only: 'stream',
    act(context) {
      const completion = { ...context.teach(), text: '' }
      return { reply: context.answer(completion), completion }
    },
    expected: { finishReason: 'stop', text: '' },
  },
  'sse-null-content': {
    about: 'content: null in the first and last delta',
    source: 'types of npm package openai 7.55.0: content may be null',
    only: 'stream',
    act: eachChunk((chunk) => {
      const choice = choiceOf(chunk)
      return choice === undefined || choice.delta.content ? chunk : { ...chunk, choices: [{ ...choice, delta: { ...choice.delta, content: null } }] }
    }),
    expected: answered,
  },
  'sse-reasoning': {
    about: 'deltas of reasoning before those of content',
    source: 'vLLM and DeepSeek API docs, reasoning_content; vLLM renamed it to reasoning',
    only: 'stream',
    act: events((chunks) => {
      const thought = (delta: object) => event({ ...chunks[0], choices: [{ index: 0, delta, finish_reason: null }] })
      return [event(chunks[0]), thought({ reasoning_content: 'Let me think. ' }), thought({ reasoning: 'Done.' }), ...chunks.slice(1).map(event), done]
    }),
    expected: answered,
  },
  'sse-error': {
    about: 'paid; an error object in the middle',
    source: 'OpenRouter API docs, streaming, errors; OpenAI sends { error } too, measured',
    only: 'stream',
    act: events((chunks) => [
      ...firstHalf(chunks).map(event),
      event({ error: { message: 'The server had an error while processing your request', type: 'server_error', param: null, code: null } }),
    ]),
    expected: uncertain,
  },
  'sse-error-finish': {
    about: 'paid; an error and finish_reason error in the middle',
    source: 'OpenRouter API docs, streaming, errors',
    only: 'stream',
    act: events((chunks) => [
      ...firstHalf(chunks).map(event),
      event({
        ...chunks[0],
        provider: 'SomeHost',
        error: { code: 'server_error', message: 'Provider disconnected unexpectedly' },
        choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error', native_finish_reason: 'error' }],
      }),
      done,
    ]),
    expected: uncertain,
  },
  'sse-error-event': {
    about: 'paid; event: error in the middle',
    source: 'HTML standard, 9.2: events may be named; npm package openai 7.55.0, core/streaming',
    only: 'stream',
    act: events((chunks) => [
      ...firstHalf(chunks).map(event),
      `event: error\n${event({ error: { message: 'Over capacity', type: 'internal_server_error' } })}`,
    ]),
    expected: uncertain,
  },
  'sse-bad-json': {
    about: 'paid; a chunk that is no JSON',
    source: measured,
    only: 'stream',
    act: events((chunks) => [event(chunks[0]), 'data: {"choices":[{"delta"\n\n', ...chunks.slice(1).map(event), done]),
    expected: uncertain,
  },
  'sse-empty': { about: 'paid; a stream without a single event', source: measured, only: 'stream', act: events(() => ['']), expected: uncertain },
  'sse-stall': {
    about: 'paid; silence after the first chunk',
    source: 'npm package openai 7.55.0: its timeout does not apply, measured',
    only: 'stream',
    act: deliver('stall-first'),
    expected: timedOut,
  },
  'sse-comments-only': {
    about: 'paid; comments without end, and no chunk',
    source: 'DeepSeek API docs, rate limit: so it keeps waiting clients alive',
    only: 'stream',
    act: deliver('comments'),
    expected: timedOut,
  },
  'json-for-stream': {
    about: 'a completion in one piece to a request for a stream',
    source: 'npm package openai 7.55.0 makes an empty stream of it, measured; servers that do not stream',
    only: 'stream',
    act({ teach, request, imitation }) {
      const completion = teach()
      return { reply: completionReply(request, completion, imitation), completion }
    },
    expected: answered,
  },
  'stream-for-json': {
    about: 'a stream to a request for one piece',
    source: 'no server documents it: a proxy that always streams',
    only: 'json',
    act({ teach, request, imitation }) {
      const completion = teach()
      return { reply: eventStream([proper(chunksOf(request, completion, imitation))]), completion }
    },
    expected: answered,
  },
} satisfies Faults
