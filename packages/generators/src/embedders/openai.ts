import type { Embedder } from '@sedi/spec'
import * as z from 'zod'
import { startCallClock } from '../chat-completions/call-clock.ts'
import { abortedError, chatCompletionError } from '../chat-completions/chat-completion-error.ts'
import { connect } from '../chat-completions/connect.ts'
import { parseUsage } from '../chat-completions/parse-usage.ts'
import { defineEmbedder } from '../define-embedder.ts'
import type { ProviderContext } from '../define-provider.ts'
import { embedWithWords } from '../embeddings/embed-with-words.ts'
import { unitRows } from '../embeddings/unit-rows.ts'
import { presets } from '../presets/registry.gen.ts'
import { listPriceOf } from '../prices/list-price.ts'
import { openaiEmbeddingPrices } from '../prices/openai.ts'

const provider = 'openai'
/** Limits of a request. Source: OpenAI’s API reference, “Create embeddings”: 2048 inputs, 300 000 tokens over all of them, 8192 in each. */
const mostTexts = 2048
const mostTokens = 300_000

const options = z.strictObject({
  model: z.string().min(1).default('text-embedding-3-small').meta({ description: 'The provider’s name for the model.' }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Address of an OpenAI-compatible server, up to and including `/v1`. Default: OpenAI’s own. With it the key is optional.' }),
  dimensions: z.int().min(1).optional().meta({ description: 'Length of each vector, for models that can shorten theirs. Default: the model’s own.' }),
  textsPerCall: z.int().min(1).max(mostTexts).default(512).meta({ description: 'Most texts sent together.', affects: 'speed' }),
})

/** The embeddings of OpenAI and of servers that speak the same protocol (vLLM, llama.cpp, text-embeddings-inference, …), through the official SDK. */
export default defineEmbedder({
  id: provider,
  title: 'Embeddings of OpenAI, and of any OpenAI-compatible server',
  options,
  credentials: [{ option: 'apiKey', env: presets.openai.key.env, required: false }],
  dependencies: { openai: '^7.55.0' },
  listPrice: ({ model, baseUrl }) => (baseUrl === undefined ? listPriceOf(openaiEmbeddingPrices, model) : undefined),
  bought: true,
  createEmbedder,
})

const replySchema = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.unknown() })),
  usage: z.unknown().optional(),
})

async function createEmbedder({ model, baseUrl, dimensions, textsPerCall }: z.output<typeof options>, context: ProviderContext): Promise<Embedder> {
  const { timeoutMs, configKey = 'embedder' } = context
  const preset = baseUrl === undefined ? presets.openai : presets.compatible
  const { client, host, keyVariable, secrets } = await connect(provider, preset, { baseUrl }, { ...context, configKey })
  const known = { provider, configKey, host, keyVariable, secrets, timeoutMs }

  async function ask(input: readonly string[], signal: AbortSignal | undefined) {
    const clock = startCallClock({ signal, timeoutMs, idleTimeoutMs: timeoutMs })
    try {
      // Without a format the SDK asks for base64, which not every server knows.
      const body = { model, input: [...input], encoding_format: 'float' as const, ...(dimensions === undefined ? {} : { dimensions }) }
      const reply: unknown = await client.embeddings.create(body, { signal: clock.signal })
      return { embeddings: unitRows(rowsIn(reply), input.length, provider), usage: usageIn(reply) }
    } catch (error) {
      throw chatCompletionError(error, { ...known, endedBy: clock.endedBy(), nowMs: Date.now() })
    } finally {
      clock.stop()
    }
  }

  return {
    specVersion: 1,
    provider,
    // Vectors of another length are another embedding.
    modelId: dimensions === undefined ? model : `${model}@${dimensions}`,
    maxBatchSize: textsPerCall,
    maxBatchTokens: mostTokens,
    bought: true,
    async embed(texts, { signal } = {}) {
      if (signal?.aborted) throw abortedError(provider)
      return embedWithWords(texts, provider, (wanted) => ask(wanted, signal))
    },
  }
}

/** The rows by their `index`, or whatever came instead, for the check to describe. */
function rowsIn(reply: unknown): unknown {
  const parsed = replySchema.safeParse(reply)
  if (!parsed.success) return reply
  return parsed.data.data.toSorted((a, b) => a.index - b.index).map(({ embedding }) => embedding)
}

function usageIn(reply: unknown) {
  const { inputTokens } = parseUsage(replySchema.safeParse(reply).data?.usage).usage
  // No text has 0 tokens: such a server does not count.
  return { inputTokens: inputTokens === 0 ? undefined : inputTokens }
}
