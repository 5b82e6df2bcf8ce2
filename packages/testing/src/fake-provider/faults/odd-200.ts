import { countTokens } from '@sedi/simulation'
import { jsonReply, openAiErrorBody } from '../reply.ts'
import { answered, change, changeChoice, type Faults, page, replace, say, send, uncertain } from './fault.ts'

const measured = 'npm package openai 7.55.0 passes it on, measured'
const undocumented = 'no server documents it: what a broken one may send'
const words = 'Half a thought'

/** Status 200, and yet. */
export const odd200 = {
  'html-200': { about: 'a page', source: measured, act: send(page(200)), expected: uncertain },
  'empty-200': { about: 'paid; an empty body', source: measured, act: replace({ status: 200, body: '' }), expected: uncertain },
  'error-200': {
    about: 'an error object',
    source: 'OpenRouter API docs, errors: once the model has begun the status is 200',
    act: send(jsonReply(200, openAiErrorBody({ status: 200, message: 'Upstream error while generating', type: 'upstream_error', code: 'upstream_error' }))),
    expected: uncertain,
  },
  'null-200': { about: 'paid; JSON null', source: measured, act: replace({ status: 200, body: 'null' }), expected: uncertain },
  'list-200': { about: 'paid; a JSON list', source: measured, act: replace({ status: 200, body: '[]' }), expected: uncertain },
  'half-json-200': {
    about: 'paid; JSON that ends in the middle, with the length it says',
    source: measured,
    only: 'json',
    act({ teach, answer }) {
      const completion = teach()
      const { body, ...reply } = answer(completion)
      return { reply: { ...reply, body: (body as string).slice(0, (body as string).length >> 1) }, completion }
    },
    expected: uncertain,
  },
  'bad-utf8-200': {
    about: 'a byte that is no UTF-8 in the middle of the text',
    source: measured,
    only: 'json',
    act(context) {
      const outcome = say(() => ({ text: `${words}?` }))(context)
      const bytes = Buffer.from(outcome.reply.body as string)
      bytes[bytes.indexOf(`${words}?`) + words.length] = 0xff
      return { ...outcome, reply: { ...outcome.reply, body: bytes } }
    },
    expected: { finishReason: 'stop', text: `${words}\ufffd` },
  },
  'no-choices': {
    about: 'paid; choices: []',
    source: undocumented,
    only: 'json',
    act: change((body) => ({ ...body, choices: [] })),
    expected: uncertain,
  },
  'null-choices': {
    about: 'paid; choices: null',
    source: 'langchain-ai/langchain issue 32252 (vLLM); NVIDIA/garak issue 1525 (Azure, Bedrock)',
    only: 'json',
    act: change((body) => ({ ...body, choices: null })),
    expected: uncertain,
  },
  'null-message': {
    about: 'paid; message: null',
    source: undocumented,
    only: 'json',
    act: changeChoice({ message: null }),
    expected: uncertain,
  },
  'null-content': {
    about: 'paid; content: null and finish_reason stop',
    source: 'types of npm package openai 7.55.0: content may be null',
    only: 'json',
    act: changeChoice({ message: { content: null } }),
    expected: { finishReason: 'stop', text: '' },
  },
  'content-parts': {
    about: 'content as a list of parts',
    source: 'Mistral API reference, ContentChunk',
    only: 'json',
    act: changeChoice({
      message: {
        content: [
          { type: 'text', text: 'Half ' },
          { type: 'thinking', thinking: [] },
          { type: 'text', text: 'a thought' },
        ],
      },
    }),
    expected: { finishReason: 'stop', text: words },
  },
  refusal: {
    about: 'refusal set, content null',
    source: 'OpenAI API docs, structured outputs, refusals',
    only: 'json',
    act: changeChoice({ message: { content: null, refusal: 'I cannot help with that.' } }),
    expected: { finishReason: 'content-filter', text: 'I cannot help with that.' },
  },
  'content-filter': {
    about: 'finish_reason content_filter with part of the text',
    source: 'Azure OpenAI docs, content filtering',
    act: say(() => ({ text: words, finishReason: 'content_filter' })),
    expected: { finishReason: 'content-filter', text: words },
  },
  'content-filter-empty': {
    about: 'finish_reason content_filter without content',
    source: 'Azure OpenAI docs, content filtering',
    act: say(() => ({ text: '', finishReason: 'content_filter' })),
    expected: { finishReason: 'content-filter', text: '' },
  },
  'empty-content': {
    about: 'finish_reason length, no content: the reasoning took the whole allowance',
    source: 'OpenAI API docs, reasoning models',
    act: say(({ request }) => ({
      text: '',
      finishReason: 'length',
      outputTokens: request.maxOutputTokens,
      reasoningTokens: request.maxOutputTokens,
    })),
    expected: { finishReason: 'length', text: '' },
  },
  'empty-string': {
    about: 'finish_reason stop, no content',
    source: 'DeepSeek API docs, JSON output: may return empty content',
    act: say(() => ({ text: '' })),
    expected: { finishReason: 'stop', text: '' },
  },
  length: {
    about: 'finish_reason length after half the text',
    source: 'OpenAI API reference',
    act({ teach, answer }) {
      const completion = teach(Math.max(1, teach().usage.outputTokens >> 1))
      return { reply: answer(completion), completion }
    },
    expected: { finishReason: 'length' },
  },
  'finish-eos': {
    about: 'finish_reason eos',
    source: 'types of npm package together-ai 0.52.0',
    act: say((_, { text }) => ({ text, finishReason: 'eos' })),
    expected: answered,
  },
  'finish-null': {
    about: 'paid; finish_reason null',
    source: undocumented,
    only: 'json',
    act: changeChoice({ finish_reason: null }),
    expected: uncertain,
  },
  'finish-error': {
    about: 'paid; finish_reason error',
    source: 'OpenRouter API docs, errors',
    act: say(() => ({ text: words, finishReason: 'error' })),
    expected: uncertain,
  },
  'finish-no-resources': {
    about: 'paid; finish_reason insufficient_system_resource',
    source: 'DeepSeek API reference, chat completion',
    act: say(() => ({ text: words, finishReason: 'insufficient_system_resource' })),
    expected: uncertain,
  },
  'usage-missing': {
    about: 'no usage',
    source: undocumented,
    only: 'json',
    act: change(({ usage: _, ...body }) => body),
    expected: { finishReason: 'stop', usage: {} },
  },
  'usage-null': {
    about: 'usage: null',
    source: undocumented,
    only: 'json',
    act: change((body) => ({ ...body, usage: null })),
    expected: { finishReason: 'stop', usage: {} },
  },
  'usage-bare': {
    about: 'usage without details',
    source: 'Ollama, openai/openai.go',
    only: 'json',
    act: change((body) => ({ ...body, usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 } })),
    expected: { finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 8 } },
  },
  'usage-text': {
    about: 'counts as text',
    source: undocumented,
    only: 'json',
    act: change((body) => ({ ...body, usage: { prompt_tokens: '7', completion_tokens: 8, total_tokens: '15' } })),
    expected: { finishReason: 'stop', usage: { outputTokens: 8 }, warns: true },
  },
  'usage-cached-more': {
    about: 'more cached tokens than the prompt has',
    source: undocumented,
    only: 'json',
    act: change((body) => ({ ...body, usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15, prompt_tokens_details: { cached_tokens: 9 } } })),
    expected: { finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 8 }, warns: true },
  },
  'usage-zero': {
    about: 'zeros, whatever it cost',
    source: undocumented,
    only: 'json',
    act: change((body) => ({ ...body, usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } })),
    expected: answered,
  },
  'other-model': {
    about: 'the reply names another model',
    source: 'OpenAI API: a dated snapshot; OpenRouter: a fallback',
    only: 'json',
    act: change((body) => ({ ...body, model: 'simulated-teacher-2026-11-01' })),
    expected: answered,
  },
  'same-id': {
    about: 'an id that came before, and another system_fingerprint',
    source: undocumented,
    only: 'json',
    act: change((body) => ({ ...body, id: 'chatcmpl-0', system_fingerprint: 'fp_other' })),
    expected: answered,
  },
  'malformed-text': {
    about: 'prose where tasks were asked for',
    source: 'what language models do',
    act: say(() => ({ text: prose, outputTokens: countTokens(prose) })),
    expected: answered,
  },
} satisfies Faults

const prose =
  'Sure! Here are a few ideas you might enjoy: sorting words, counting things, and telling stories. Let me know which you would like to hear more about.'
