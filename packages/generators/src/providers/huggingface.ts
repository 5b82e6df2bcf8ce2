import type { Adaptation, TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { type ComposedRequest, composeRequest } from '../chat-completions/compose-request.ts'
import { answerWarnings, cutAtStops } from '../chat-completions/finish-answer.ts'
import { learnFromRefusal } from '../chat-completions/learn-from-refusal.ts'
import { parseChatCompletion } from '../chat-completions/parse-chat-completion.ts'
import { readRateLimits } from '../chat-completions/read-rate-limits.ts'
import { defineProvider, type ProviderContext } from '../define-provider.ts'
import { connect, connectionShape, credentials, dependencies, inferenceProvider, keyVariable, provider } from '../huggingface/connect.ts'
import preset from '../presets/huggingface-router.ts'

const options = z.strictObject({ ...connectionShape, inferenceProvider: inferenceProvider('auto') })

/**
 * Chat models on Hugging Face through the official SDK: routed to whoever serves them, or on an endpoint of one's own. The `openai` provider
 * with the router's address is the plainer way to the router; this one knows every provider's routes.
 */
export default defineProvider({
  id: provider,
  title: 'Hugging Face: Inference Providers and Inference Endpoints',
  options,
  credentials,
  dependencies,
  needsModel: true,
  createTextGenerator: createGenerator,
})

type Connected = Awaited<ReturnType<typeof connect>>

async function createGenerator(modelId: string, chosen: z.output<typeof options>, context: ProviderContext): Promise<TextGenerator> {
  const connection = await connect(chosen, context)
  const learned = new Map((context.adaptations ?? []).map((adaptation) => [adaptation.setting, adaptation]))
  return {
    specVersion: 1,
    provider,
    modelId,
    async generate(request, { signal } = {}) {
      const compose = () => composeRequest({ modelId, request, preset, options: {}, learned })
      const { sent, reply, headers } = await sendAndLearn(compose, connection, learned, signal)
      const answer = parseChatCompletion(reply, { ...preset, provider, modelId, secrets: connection.secrets, keyVariable })
      const rateLimits = readRateLimits(headers)
      return {
        ...cutAtStops(answer, sent.cutAt),
        warnings: [...sent.warnings, ...answer.warnings, ...answerWarnings(answer, request, preset, undefined)],
        ...(sent.adaptations.length === 0 ? {} : { adaptations: sent.adaptations }),
        ...(rateLimits === undefined ? {} : { rateLimits }),
      }
    },
  }
}

/** A setting that whoever serves the model refuses is renamed or dropped, for later requests as well, and the request sent again. */
async function sendAndLearn(compose: () => ComposedRequest, connection: Connected, learned: Map<string, Adaptation>, signal: AbortSignal | undefined) {
  let sent = compose()
  const answered = await connection.call(
    (client, sdkOptions) => client.chatCompletion({ ...connection.route, ...sent.body } as ChatBody, sdkOptions),
    signal,
    (refusal) => {
      const lessons = learnFromRefusal(refusal, sent.body, connection.secrets)
      // What failed for another reason may have been charged: it is not sent again because another call has learned something meanwhile.
      if (lessons.length === 0) return false
      for (const lesson of lessons) if (!learned.has(lesson.setting)) learned.set(lesson.setting, lesson)
      const before = JSON.stringify(sent.body)
      sent = compose()
      return JSON.stringify(sent.body) !== before
    },
  )
  return { sent, ...answered }
}

type ChatBody = Parameters<import('@huggingface/inference').InferenceClient['chatCompletion']>[0]
