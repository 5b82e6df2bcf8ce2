import { type FieldRefusal, onlyDefault, unsupportedParameter } from '../models.ts'
import { jsonReply } from '../reply.ts'
import { type ExpectedAnswer, type Fault, type Faults, page, refuse, refused, replace, send, uncertain } from './fault.ts'

const reference = 'OpenAI API reference and error codes'

export const invalidKeyWords = (key: string) => ({ status: 401, message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' })

export const modelNotFoundWords = (model: string) => ({
  status: 404,
  message: `The model \`${model}\` does not exist or you do not have access to it.`,
  param: 'model',
  code: 'model_not_found',
})

export const contextLengthWords = (contextTokens: number, requestedTokens: number) => ({
  status: 400,
  message: `This model's maximum context length is ${contextTokens} tokens. However, you requested ${requestedTokens} tokens. Please reduce the length of the messages or completion.`,
  param: 'messages',
  code: 'context_length_exceeded',
})

/** Refuses only requests that carry the field; the same request without it is answered. */
function unsupported(refusal: FieldRefusal, when: Fault['when'], ...adapts: readonly string[]): Fault {
  return {
    about: `400: this model does not take ${adapts.join(' or ')} (requests without it are answered)`,
    source: `${reference}, reasoning models; error bodies quoted in OpenAI's community forum`,
    applies: (request) => refusal(request) !== undefined,
    when,
    act: (context) => ({ reply: context.refuse(refusal(context.request)!) }),
    expected: { finishReason: 'stop', adapts } satisfies ExpectedAnswer,
  }
}

/** Whichever name of the limit is sent, the model wants the other. */
const otherLimit: FieldRefusal = (request) =>
  unsupportedParameter('max_completion_tokens', 'max_tokens')(request) ?? unsupportedParameter('max_tokens', 'max_completion_tokens')(request)

/** No: the request, the key, the model or the server is not as it should be. */
export const refusals = {
  '500': {
    about: '500 with an error body',
    source: reference,
    act: refuse({ status: 500, message: 'The server had an error while processing your request. Sorry about that!', type: 'server_error' }),
    expected: refused('provider-response', true),
  },
  '500-final': {
    about: '500 with x-should-retry: false',
    source: 'npm package openai 7.55.0, retry code',
    act: refuse({ status: 500, message: 'This will not get better.', type: 'server_error', headers: { 'x-should-retry': 'false' } }),
    expected: refused('provider-response', false),
  },
  '502-html': { about: '502 with a page', source: 'gateways such as nginx and Cloudflare', act: send(page(502)), expected: refused('provider-response', true) },
  '503-loading': {
    about: '503 while the server loads its model',
    source: 'llama.cpp, tools/server README, /health and error format',
    act: send(jsonReply(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } })),
    expected: refused('provider-response', true),
  },
  '504': {
    about: '504: the gateway lost patience, the model goes on and is paid',
    source: 'RFC 9110, 15.6.5; gateways in front of models',
    act: replace(page(504)),
    expected: uncertain,
  },
  '529': {
    about: '529: overloaded',
    source: 'Anthropic API docs, errors (through OpenAI-compatible routers)',
    act: refuse({ status: 529, message: 'Overloaded', type: 'overloaded_error' }),
    expected: refused('provider-response', true),
  },
  '408': {
    about: '408: the request timed out at the server',
    source: 'OpenRouter API docs, errors; npm package openai 7.55.0 retries it',
    act: refuse({ status: 408, message: 'Your request timed out', type: 'timeout' }),
    expected: uncertain,
  },
  '409': {
    about: '409: a conflict that passes',
    source: 'npm package openai 7.55.0, retry code',
    act: refuse({ status: 409, message: 'The resource is locked; try again.', type: 'conflict_error' }),
    expected: refused('provider-response', true),
  },
  'unsupported-limit': unsupported(otherLimit, {}, 'max_completion_tokens', 'max_tokens'),
  'unsupported-temperature': unsupported(onlyDefault('temperature', 1), { temperature: 0.5 }, 'temperature'),
  'unsupported-top-p': unsupported(unsupportedParameter('top_p'), { topP: 0.5 }, 'top_p'),
  'unsupported-stop': unsupported(unsupportedParameter('stop'), { stop: ['\n###\n9.'] }, 'stop'),
  'unsupported-seed': unsupported(unsupportedParameter('seed'), { seed: 1 }, 'seed'),
  'context-length': {
    about: '400 context_length_exceeded',
    source: reference,
    act: (context) => ({ reply: context.refuse(contextLengthWords(128, 128 + context.request.maxOutputTokens)) }),
    expected: refused('context-length', false),
  },
  'context-length-llama': {
    about: '400 of llama.cpp: the prompt exceeds the context',
    source: 'llama.cpp, tools/server, exceed_context_size_error',
    act: send(
      jsonReply(400, {
        error: {
          code: 400,
          message: 'the request exceeds the available context size, try increasing it',
          type: 'exceed_context_size_error',
          n_prompt_tokens: 900,
          n_ctx: 512,
        },
      }),
    ),
    expected: refused('context-length', false),
  },
  'content-filter-400': {
    about: '400 of Azure: the prompt was filtered',
    source: 'Azure OpenAI docs, content filtering',
    act: send(
      jsonReply(400, {
        error: {
          message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          type: null,
          param: 'prompt',
          code: 'content_filter',
          status: 400,
          innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: { violence: { filtered: true, severity: 'medium' } } },
        },
      }),
    ),
    expected: refused('content-refused', false),
  },
  // OpenAI masks the key; repeating it in full is the worst a server can do.
  'invalid-credential': {
    about: '401 that repeats the key',
    source: reference,
    act: (context) => ({ reply: context.refuse(invalidKeyWords(context.key)) }),
    expected: refused('invalid-credential', false),
  },
  forbidden: {
    about: '403: country not supported',
    source: reference,
    act: refuse({
      status: 403,
      message: 'Country, region, or territory not supported',
      type: 'request_forbidden',
      code: 'unsupported_country_region_territory',
    }),
    expected: refused('invalid-credential', false),
  },
  'model-not-found': {
    about: '404 model_not_found',
    source: reference,
    act: (context) => ({ reply: context.refuse(modelNotFoundWords(context.request.model)) }),
    expected: refused('not-found', false),
  },
  '404-html': { about: '404 with a page: a wrong base URL', source: 'any web server', act: send(page(404)), expected: refused('not-found', false) },
  '413': {
    about: '413 of a proxy: request too large',
    source: 'nginx, client_max_body_size',
    act: send(page(413)),
    expected: refused('context-length', false),
  },
  '422': {
    about: '422 with { detail: […] }',
    source: 'FastAPI docs, request validation errors; Mistral API reference, HTTPValidationError',
    act: send(
      jsonReply(422, { detail: [{ type: 'greater_than_equal', loc: ['body', 'max_tokens'], msg: 'Input should be greater than or equal to 0', input: -1 }] }),
    ),
    expected: refused('invalid-input', false),
  },
  'error-vllm': {
    about: '400 in the older envelope of vLLM: { object: "error", message, type, code }',
    source: 'vLLM, vllm/entrypoints/openai/protocol.py, ErrorResponse',
    act: send(
      jsonReply(400, { object: 'error', message: 'top_k must be -1 (disable), or at least 1, got 0.', type: 'BadRequestError', param: null, code: 400 }),
    ),
    expected: refused('invalid-input', false),
  },
  'error-text': {
    about: '500 in the native envelope of Ollama: { error: "text" }',
    source: 'Ollama, docs/api.md, errors',
    act: send(jsonReply(500, { error: 'llama runner process has terminated' })),
    expected: refused('provider-response', true),
  },
} satisfies Faults
