import type { Embedder } from '@sedi/spec'
import * as z from 'zod'
import { abortedError } from '../chat-completions/chat-completion-error.ts'
import { defineEmbedder } from '../define-embedder.ts'
import type { ProviderContext } from '../define-provider.ts'
import { embedWithWords } from '../embeddings/embed-with-words.ts'
import { unitRows } from '../embeddings/unit-rows.ts'
import { connect, connectionShape, credentials, dependencies, inferenceProvider, provider } from '../huggingface/connect.ts'

const options = z.strictObject({
  model: z
    .string()
    .min(1)
    .meta({ description: 'The model’s name on huggingface.co. One that gives a vector per text (sentence-transformers), not per token.' }),
  ...connectionShape,
  // Not auto: the SDK would then take whichever provider comes first, and vectors of two providers need not be equal.
  inferenceProvider: inferenceProvider('hf-inference').refine(
    (name) => name !== 'auto',
    'expected a provider’s name: vectors of different providers need not be equal',
  ),
  textsPerCall: z
    .int()
    .min(1)
    .default(32)
    .meta({ description: 'Most texts sent together; text-embeddings-inference takes 32 unless started with more.', affects: 'speed' }),
})

/** Feature extraction on Hugging Face through the official SDK: routed, or on an endpoint of one's own (text-embeddings-inference). */
export default defineEmbedder({
  id: provider,
  title: 'Feature extraction on Hugging Face: Inference Providers and Inference Endpoints',
  options,
  credentials,
  dependencies,
  bought: true,
  createEmbedder,
})

async function createEmbedder({ model, textsPerCall, ...connectionOptions }: z.output<typeof options>, context: ProviderContext): Promise<Embedder> {
  const connection = await connect(connectionOptions, { ...context, configKey: context.configKey ?? 'embedder' })

  async function ask(inputs: readonly string[], signal: AbortSignal | undefined) {
    const body = { ...connection.route, model, inputs: [...inputs] }
    const { reply } = await connection.call((client, sdkOptions) => client.featureExtraction(body, sdkOptions), signal)
    // Nobody counts tokens here.
    return { embeddings: unitRows(reply, inputs.length, provider), usage: {} }
  }

  return {
    specVersion: 1,
    provider,
    modelId: model,
    maxBatchSize: textsPerCall,
    bought: true,
    async embed(texts, { signal } = {}) {
      if (signal?.aborted) throw abortedError(provider)
      return embedWithWords(texts, provider, (wanted) => ask(wanted, signal))
    },
  }
}
