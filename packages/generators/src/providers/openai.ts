import { type Adaptation, SediError, type TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { startCallClock } from '../chat-completions/call-clock.ts'
import { abortedError, chatCompletionError, refusalOf } from '../chat-completions/chat-completion-error.ts'
import { type ComposedRequest, composeRequest } from '../chat-completions/compose-request.ts'
import { type Connection, connect } from '../chat-completions/connect.ts'
import { describeModel } from '../chat-completions/describe-model.ts'
import { answerWarnings, cutAtStops, statedCost } from '../chat-completions/finish-answer.ts'
import { learnFromRefusal } from '../chat-completions/learn-from-refusal.ts'
import { parseChatCompletion } from '../chat-completions/parse-chat-completion.ts'
import { readRateLimits } from '../chat-completions/read-rate-limits.ts'
import { readReply } from '../chat-completions/read-reply.ts'
import { defineProvider, type ProviderContext } from '../define-provider.ts'
import type { Preset } from '../presets/preset.ts'
import { presets } from '../presets/registry.gen.ts'
import { listPriceOf } from '../prices/list-price.ts'

const provider = 'openai'

const presetIds = Object.keys(presets) as (keyof typeof presets)[]

const options = z.strictObject({
  preset: z.enum(presetIds).optional().meta({
    description:
      'Which server: its address, the variable its key comes from, and what it does otherwise than OpenAI. Default: `openai`; with baseUrl `compatible`.',
  }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Address of the server, up to and including `/v1`. Default: the preset’s own. With it the key is optional.' }),
  organization: z.string().optional().meta({ description: 'The organisation that pays, where the server lets a request say so.', affects: 'speed' }),
  maxTokensField: z
    .enum(['max_completion_tokens', 'max_tokens'])
    .optional()
    .meta({ description: 'How the server calls the limit on output tokens. Default: the preset’s; another name is learned when the server asks for it.' }),
  reasoningEffort: z
    .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
    .optional()
    .meta({ description: 'How much a reasoning model thinks before it answers; thoughts are billed and count against maxOutputTokens. Not sent unless set.' }),
  serviceTier: z
    .enum(['auto', 'default', 'flex', 'scale', 'priority', 'fast'])
    .optional()
    .meta({ description: 'Which service and price are asked for (OpenAI, Groq). Not sent unless set; set generator.price to that tier’s.', affects: 'speed' }),
  stream: z
    .boolean()
    .default(false)
    .meta({ description: 'Receive answers word by word: a server that stops half-way is noticed after idleTimeoutMs instead of timeoutMs.', affects: 'speed' }),
  idleTimeoutMs: z
    .int()
    .min(1)
    .default(60_000)
    .meta({ description: 'With `stream`: longest silence within an answer, from its first words on.', unit: 'ms', affects: 'speed' }),
})

type Options = z.output<typeof options>

/** Chat Completions of OpenAI and of every server that speaks the same protocol, through the official SDK. */
export default defineProvider({
  id: provider,
  title: 'OpenAI, and any OpenAI-compatible server: Azure, vLLM, SGLang, Ollama, llama.cpp, LM Studio, OpenRouter, Together, Groq, DeepSeek, Mistral, …',
  options,
  // Not required: servers of one's own often have no key. Where one is needed, a missing key is an error when the generator is made.
  credentials: [{ option: 'apiKey', env: presets.openai.key.env, required: false }],
  credentialsFor: (options) => [{ option: 'apiKey', env: presetOf(options).key.env, required: false }],
  dependencies: { openai: '^7.55.0' },
  needsModel: true,
  createTextGenerator: createGenerator,
  listPrice: (modelId, options) => {
    const { prices } = presetOf(options)
    // At another address somebody else may be selling, and another tier has another price.
    const asListed = options.baseUrl === undefined && (options.serviceTier === undefined || options.serviceTier === 'default')
    return prices === undefined || !asListed ? undefined : listPriceOf(prices, modelId)
  },
})

function presetOf({ preset, baseUrl }: Pick<Options, 'preset' | 'baseUrl'>): Preset {
  return presets[preset ?? (baseUrl === undefined ? 'openai' : 'compatible')]
}

async function createGenerator(modelId: string, options: Options, context: ProviderContext): Promise<TextGenerator> {
  const preset = presetOf(options)
  const name = options.preset ?? provider
  requireKnownTier(name, preset, options)
  const connection = await connect(name, preset, options, context)
  const { host, keyVariable, secrets } = connection
  const learned = new Map((context.adaptations ?? []).map((adaptation) => [adaptation.setting, adaptation]))
  const timeouts = { timeoutMs: context.timeoutMs, idleTimeoutMs: options.idleTimeoutMs }
  const failureContext = { ...preset, ...timeouts, provider: name, configKey: context.configKey ?? 'generator', host, keyVariable, secrets }

  return {
    specVersion: 1,
    provider,
    modelId,

    async generate(request, { signal } = {}) {
      if (signal?.aborted) throw abortedError(name)
      const clock = startCallClock({ signal, ...timeouts })
      try {
        const compose = () => composeRequest({ modelId, request, preset, options, learned })
        const { sent, response } = await sendAndLearn(compose, connection, learned, clock.signal)
        const reply = await readReply(response, { connection, onProgress: clock.heard, signal: clock.signal })
        const answer = parseChatCompletion(reply.body, { ...preset, provider: name, modelId, secrets, keyVariable })
        const warnings = [...sent.warnings, ...reply.warnings, ...answer.warnings, ...answerWarnings(answer, request, preset, options.serviceTier)]
        return {
          ...cutAtStops(answer, sent.cutAt),
          warnings,
          ...(sent.adaptations.length === 0 ? {} : { adaptations: sent.adaptations }),
          ...optional('costNanoUsd', statedCost(answer, preset)),
          ...optional('rateLimits', readRateLimits(response.headers, preset.rateLimitHeaders)),
        }
      } catch (error) {
        throw chatCompletionError(error, { ...failureContext, endedBy: clock.endedBy(), nowMs: Date.now() })
      } finally {
        clock.stop()
      }
    },

    async inspect({ signal } = {}) {
      if (signal?.aborted) throw abortedError(name)
      const clock = startCallClock({ signal, ...timeouts })
      try {
        return await describeModel(modelId, preset, connection, clock.signal)
      } catch (error) {
        throw chatCompletionError(error, { ...failureContext, endedBy: clock.endedBy(), nowMs: Date.now() })
      } finally {
        clock.stop()
      }
    },
  }
}

/**
 * Sends the request. When the server refuses one of its settings, nothing was charged: the setting is renamed or dropped, for all later
 * requests as well, and the request is sent again. Ends because each setting changes once: a refusal after which the request would be the
 * same is thrown.
 */
async function sendAndLearn(
  compose: () => ComposedRequest,
  { client, secrets }: Connection,
  learned: Map<string, Adaptation>,
  signal: AbortSignal,
): Promise<{ readonly sent: ComposedRequest; readonly response: Response }> {
  for (;;) {
    const sent = compose()
    try {
      // The raw response: its headers say the key's limits, and the SDK would take a body that is no stream for an empty one.
      const response = await client.post('/chat/completions', { body: sent.body, signal }).asResponse()
      return { sent, response }
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      const lessons = learnFromRefusal(refusal, sent.body, secrets)
      // Another call may have taught something meanwhile: that is no reason to send again what failed for another reason, and may have been charged.
      if (lessons.length === 0) throw error
      for (const lesson of lessons) {
        if (!learned.has(lesson.setting)) learned.set(lesson.setting, lesson)
      }
      if (JSON.stringify(compose().body) === JSON.stringify(sent.body)) throw error
    }
  }
}

/** A tier is a price: it is never dropped on the way. */
function requireKnownTier(name: string, { lacks }: Preset, { serviceTier }: Options): void {
  if (serviceTier === undefined || lacks?.service_tier === undefined) return
  throw new SediError('invalid-config', `${name}: ${lacks.service_tier}. Remove generator.serviceTier.`)
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>)
}
