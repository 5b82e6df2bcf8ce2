import { jsonReply } from '../reply.ts'
import { type Fault, type Faults, page, refuse, refused, send } from './fault.ts'

const openAiLimits = 'OpenAI API docs, rate limits; npm package openai 7.55.0, retry code'
const tryAgain = 'Rate limit reached for requests. Please try again later.'

const tooMany = (headers: Readonly<Record<string, string>> = {}, words: { readonly type?: string; readonly message?: string } = {}): Fault['act'] =>
  refuse({ status: 429, message: tryAgain, type: 'requests', code: 'rate_limit_exceeded', ...words, headers })

/** Retry-After as a date, so many milliseconds ahead, which the header rounds down to a second. */
const retryAtDate =
  (aheadMs: number): Fault['act'] =>
  (context) =>
    tooMany({ 'retry-after': new Date(Date.now() + aheadMs).toUTCString() })(context)

/** Too fast, or out of money. */
export const limits = {
  '429': { about: '429 without a word on when to come back', source: openAiLimits, act: tooMany(), expected: refused('rate-limited', true) },
  '429-retry-after': {
    about: '429 with retry-after in seconds, with a fraction',
    source: openAiLimits,
    act: tooMany({ 'retry-after': '0.05' }, { message: 'Rate limit reached for requests. Please try again in 50ms.' }),
    expected: refused('rate-limited', true, 50),
  },
  '429-retry-after-ms': {
    about: '429 with retry-after-ms, and a longer retry-after beside it',
    source: 'Azure OpenAI docs, quotas and limits; npm package openai 7.55.0, retry code',
    act: tooMany({ 'retry-after-ms': '40', 'retry-after': '1' }),
    expected: refused('rate-limited', true, 40),
  },
  '429-retry-after-date': {
    about: '429 with retry-after as an HTTP date, two seconds ahead',
    source: 'RFC 9110, 10.2.3; npm package openai 7.55.0, retry code',
    act: retryAtDate(2_000),
    expected: refused('rate-limited', true, [0, 2_000]),
  },
  '429-retry-after-past': {
    about: '429 with a retry-after date that is past',
    source: 'RFC 9110, 10.2.3; clocks differ',
    act: retryAtDate(-60_000),
    expected: refused('rate-limited', true, [-62_000, 0]),
  },
  '429-retry-after-hour': {
    about: '429 with retry-after 3600: longer than the SDK is willing to wait',
    source: 'npm package openai 7.55.0, measured: ignores more than 60 s',
    act: tooMany({ 'retry-after': '3600' }),
    expected: refused('rate-limited', true, 3_600_000),
  },
  '429-retry-after-nonsense': {
    about: '429 with retry-after in words',
    source: 'npm package openai 7.55.0, retry code, ignores it',
    act: tooMany({ 'retry-after': 'soon' }),
    expected: refused('rate-limited', true),
  },
  '429-requests': {
    about: '429: no requests left; x-ratelimit-* headers with Go durations',
    source: openAiLimits,
    act: tooMany({
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '29000',
      'x-ratelimit-reset-tokens': '2s',
    }),
    expected: refused('rate-limited', true),
  },
  '429-tokens': {
    about: '429: no tokens left, for minutes',
    source: `${openAiLimits}; error body quoted in github.com/Aider-AI/aider issue 3265`,
    act: tooMany(
      {
        'x-ratelimit-limit-requests': '500',
        'x-ratelimit-remaining-requests': '499',
        'x-ratelimit-reset-requests': '120ms',
        'x-ratelimit-limit-tokens': '30000',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0s',
      },
      { type: 'tokens', message: 'Rate limit reached on tokens per minute (TPM): Limit 30000, Used 29500, Requested 900. Please try again in 800ms.' },
    ),
    expected: refused('rate-limited', true),
  },
  '429-azure': {
    about: '429 of Azure: code as text of the status, resets in plain seconds',
    source: 'Azure OpenAI docs, quotas and limits',
    act: send(
      jsonReply(
        429,
        { error: { code: '429', message: 'Requests have exceeded the call rate limit of your current pricing tier. Please retry after 1 second.' } },
        { 'retry-after': '1', 'retry-after-ms': '60', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1' },
      ),
    ),
    expected: refused('rate-limited', true, 60),
  },
  '429-html': {
    about: '429 of a proxy: a page',
    source: 'gateways such as nginx and Cloudflare',
    act: send(page(429)),
    expected: refused('rate-limited', true),
  },
  '429-empty': { about: '429 without a body', source: 'RFC 6585, 4', act: send({ status: 429, body: '' }), expected: refused('rate-limited', true) },
  '503-together': {
    about: '503 with retry-after: below your own rate, but the model is overloaded',
    source: 'Together AI docs, rate limits: 429 above the dynamic rate, 503 below it',
    act: refuse({ status: 503, message: 'The server is overloaded or not ready yet.', type: 'service_unavailable', headers: { 'retry-after': '0.05' } }),
    expected: refused('provider-response', true, 50),
  },
  quota: {
    about: '429 insufficient_quota: no retry helps',
    source: 'OpenAI API docs, error codes; npm package openai 7.55.0 retries it all the same, measured',
    act: refuse({
      status: 429,
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
    expected: refused('quota-exhausted', false),
  },
  '402-credits': {
    about: '402 of OpenRouter: no credits',
    source: 'OpenRouter API docs, errors',
    act: send(
      jsonReply(402, {
        error: { code: 402, message: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits', metadata: { provider_name: null } },
      }),
    ),
    expected: refused('quota-exhausted', false),
  },
  '402-balance': {
    about: '402 of DeepSeek: balance used up',
    source: 'DeepSeek API docs, error codes',
    act: refuse({ status: 402, message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' }),
    expected: refused('quota-exhausted', false),
  },
} satisfies Faults
