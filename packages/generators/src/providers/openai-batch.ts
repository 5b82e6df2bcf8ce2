import { type Adaptation, type GenerateRequest, SediError, type TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { abortedError, chatCompletionError } from '../chat-completions/chat-completion-error.ts'
import { composeRequest } from '../chat-completions/compose-request.ts'
import { connect } from '../chat-completions/connect.ts'
import { describeModel } from '../chat-completions/describe-model.ts'
import { answerWarnings, cutAtStops } from '../chat-completions/finish-answer.ts'
import { learnFromRefusal } from '../chat-completions/learn-from-refusal.ts'
import { parseChatCompletion } from '../chat-completions/parse-chat-completion.ts'
import { type ErrorWords, wordsOf } from '../chat-completions/read-error-body.ts'
import { defineProvider, type ProviderContext } from '../define-provider.ts'
import { createBatchApi } from '../openai-batch/batch-api.ts'
import { batchLine, lineIdOf } from '../openai-batch/batch-lines.ts'
import { createBatchQueue } from '../openai-batch/batch-queue.ts'
import { readResult } from '../openai-batch/read-result.ts'
import preset from '../presets/openai.ts'
import { listPriceOf } from '../prices/list-price.ts'
import { openaiBatchPrices } from '../prices/openai.ts'

const provider = 'openai-batch'

const options = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description: 'Address of a server with OpenAI’s Files and Batch API, up to and including `/v1`. Default: OpenAI’s own. With it the key is optional.',
    }),
  organization: z.string().optional().meta({ description: 'The OpenAI organisation that pays.', affects: 'speed' }),
  reasoningEffort: z
    .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
    .optional()
    .meta({ description: 'How much a reasoning model thinks before it answers; thoughts are billed and count against maxOutputTokens. Not sent unless set.' }),
  batchSize: z.int().min(1).default(1000).meta({
    description:
      'Requests gathered before they are handed in, and so how many calls are under way at once; goes before `limits.concurrency`. More than the provider takes in one batch are split.',
    affects: 'speed',
  }),
  gatherMs: z
    .int()
    .min(0)
    .default(5000)
    .meta({ description: 'A smaller batch is handed in when no request has come for so long.', unit: 'ms', affects: 'speed' }),
  pollMs: z
    .int()
    .min(1)
    .default(10_000)
    .meta({ description: 'First pause between two looks at a batch; each is half as long again as the one before.', unit: 'ms', affects: 'speed' }),
  maxPollMs: z.int().min(1).default(300_000).meta({ description: 'Longest pause between two looks.', unit: 'ms', affects: 'speed' }),
  maxLines: z
    .int()
    .min(1)
    .default(50_000)
    .meta({ description: 'Most requests that the provider takes in one batch.', source: 'OpenAI: 50,000', affects: 'speed' }),
  maxBytes: z
    .int()
    .min(1000)
    .default(200_000_000)
    .meta({ description: 'Largest input file of a batch.', unit: 'bytes', source: 'OpenAI: 200 MB', affects: 'speed' }),
})

type Options = z.output<typeof options>

/** OpenAI's Batch API through the official SDK. One `generate` is one line of a batch; it resolves when the batch is over. */
export default defineProvider({
  id: provider,
  title: 'OpenAI’s Batch API: half the price, answers within 24 hours',
  options,
  credentials: [{ option: 'apiKey', env: preset.key.env, required: false }],
  dependencies: { openai: '^7.55.0' },
  needsModel: true,
  listPrice: (modelId, { baseUrl }) => (baseUrl === undefined ? listPriceOf(openaiBatchPrices, modelId) : undefined),
  notes: ({ batchSize }) => [
    `Calls go in batches of up to ${batchSize} (generator.batchSize): limits.concurrency, requestsPerMinute and tokensPerMinute do not hold for them. A round waits for its batches, up to 24 hours each. Ctrl-C ends the waiting, not the batches: sedi resume fetches them.`,
  ],
  createTextGenerator: createGenerator,
})

// For one reply of the server; how long a batch takes is the provider's affair.
const longestReplyMs = 600_000

type Refusal = { readonly status: number; readonly words: ErrorWords }

async function createGenerator(modelId: string, options: Options, context: ProviderContext): Promise<TextGenerator> {
  const timeoutMs = Math.min(context.timeoutMs, longestReplyMs)
  const connection = await connect(provider, preset, options, { ...context, timeoutMs })
  const { client, host, keyVariable, secrets } = connection
  const closing = new AbortController()
  const toError = (error: unknown, endedBy = closing.signal.aborted ? ('caller' as const) : undefined): SediError =>
    chatCompletionError(error, {
      ...preset,
      provider,
      configKey: context.configKey ?? 'generator',
      host,
      keyVariable,
      secrets,
      timeoutMs,
      endedBy,
      nowMs: Date.now(),
    })

  const learned = new Map((context.adaptations ?? []).map((adaptation): [string, Adaptation] => [adaptation.setting, adaptation]))
  const compose = (request: GenerateRequest) => composeRequest({ modelId, request, preset, options, learned })
  const refusals = new WeakMap<SediError, Refusal>()

  const queue = createBatchQueue({
    ...options,
    api: createBatchApi({ client, provider, toError, signal: closing.signal }),
    provider,
    stateFolder: context.stateFolder,
    readResult: (line) =>
      readResult(line, {
        provider,
        secrets,
        parseReply: (body) => parseChatCompletion(body, { ...preset, provider, modelId, secrets, keyVariable }),
        statusError(status, body) {
          const words = wordsOf(body)
          const error = toError(Object.assign(new Error(words.message), { status, error: words, headers: new Headers() }), undefined)
          refusals.set(error, { status, words })
          return error
        },
      }),
    clock: Date.now,
    onNotice: context.onNotice ?? (() => {}),
    closing,
  })

  /** A line that was refused for one of its settings is sent otherwise the next time, as all later ones are. */
  function learn(error: unknown, request: GenerateRequest, sent: string): unknown {
    const refusal = SediError.is(error) ? refusals.get(error) : undefined
    if (refusal === undefined) return error
    for (const lesson of learnFromRefusal(refusal, JSON.parse(sent) as Record<string, unknown>, secrets)) {
      if (!learned.has(lesson.setting)) learned.set(lesson.setting, lesson)
    }
    if (JSON.stringify(compose(request).body) === sent) return error
    const { code, message, details } = error as SediError
    return new SediError(code, `${message}\nIt is sent otherwise from now on.`, { retryable: true, details, cause: error })
  }

  return {
    specVersion: 1,
    provider,
    modelId,
    recovery: 'rejoin',
    preferredConcurrency: options.batchSize,

    async generate(request, { signal, key = crypto.randomUUID(), rejoin } = {}) {
      if (signal?.aborted && rejoin !== true) throw abortedError(provider)
      const { body, adaptations, warnings, cutAt } = compose(request)
      const sent = JSON.stringify(body)
      try {
        const answer = await queue.ask(batchLine(key, request, body), runOf(key), { signal, rejoin })
        return {
          ...cutAtStops(answer, cutAt),
          warnings: [...warnings, ...answer.warnings, ...answerWarnings(answer, request, preset, undefined)],
          ...(adaptations.length === 0 ? {} : { adaptations }),
        }
      } catch (error) {
        throw learn(error, request, sent)
      }
    },

    async cancel(keys, { signal } = {}) {
      const idOf = new Map(keys.map((key) => [key, lineIdOf(key)]))
      const answers = await queue.cancel([...idOf.values()], runOf(keys[0] ?? ''), signal)
      return new Map([...idOf].map(([key, id]) => [key, answers.get(id)!]))
    },

    async inspect({ signal } = {}) {
      if (signal?.aborted) throw abortedError(provider)
      const either = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])])
      return describeModel(modelId, preset, connection, either).catch((error: unknown) => {
        throw toError(error, signal?.aborted ? 'caller' : undefined)
      })
    },

    close: () => queue.close(),
  }
}

/** Keys are `<run>/<call>/<attempt>`. */
const runOf = (key: string): string => key.split('/', 1)[0]!
