/**
 * Every OpenTelemetry name we use, in one place: the conventions for generative AI are still in development and rename things. These are
 * the names released with semantic-conventions 1.37 (github.com/open-telemetry/semantic-conventions, docs/gen-ai); the repository that continues them
 * (semantic-conventions-genai) renames `cache_creation` to `cache_write` and the metrics to `gen_ai.client.inference.*`.
 */
export const attributes = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  seed: 'gen_ai.request.seed',
  stopSequences: 'gen_ai.request.stop_sequences',
  outputType: 'gen_ai.output.type',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  tokenType: 'gen_ai.token.type',
  errorType: 'error.type',
  /** Ours: no convention has them. */
  run: 'sedi.run.id',
  call: 'sedi.call.id',
  attempts: 'sedi.call.attempts',
  costUsd: 'sedi.call.cost_usd',
} as const

export const operations = { chat: 'chat' } as const

/** An attempt that failed and is tried again. */
export const retryEvent = { name: 'sedi.retry', attempt: 'sedi.retry.attempt', delayMs: 'sedi.retry.delay_ms' } as const

/** Metrics with their units and the boundaries that the conventions advise. */
export const metrics = {
  tokenUsage: {
    name: 'gen_ai.client.token.usage',
    unit: '{token}',
    description: 'Tokens used, by type',
    boundaries: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
  },
  duration: {
    name: 'gen_ai.client.operation.duration',
    unit: 's',
    description: 'From the first attempt sent to the answer or the last failure',
    boundaries: [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  },
} as const

/** Ours: what the conventions have no name for. Prometheus writes them with `_`, counters with `_total`. */
export const ownMetrics = {
  answered: { name: 'sedi.calls.answered', unit: '{call}', description: 'Calls answered and recorded' },
  inFlight: { name: 'sedi.calls.in_flight', unit: '{call}', description: 'Attempts sent, whose answer is awaited' },
  failed: {
    name: 'sedi.attempts.failed',
    unit: '{attempt}',
    description: 'Attempts without an answer, by error.type; rate-limited is a refusal with status 429',
  },
  retries: { name: 'sedi.retries', unit: '{attempt}', description: 'Failed attempts that are tried again' },
  cost: { name: 'sedi.cost', unit: 'USD', description: 'Dollars that recorded answers cost; those without a price are left out' },
  limitWait: {
    name: 'sedi.limit.wait',
    unit: 's',
    description: 'How long attempts waited for a place under the limits, calls in flight included',
    boundaries: [0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120],
  },
} as const

/** Our provider ids in the conventions' words; others stay as they are. */
export const providerNames: Readonly<Record<string, string>> = { 'openai-batch': 'openai' }

export const finishReasonNames: Readonly<Record<string, string>> = { 'content-filter': 'content_filter' }
