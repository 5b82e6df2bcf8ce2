import type { GenerateRequest, GenerateResult, OpenModel, Scorer, TextGenerator } from '@sedi/spec'
import type { Opened, Sample, ScoreResult } from './protocol.ts'
import type { WorkerClient } from './worker-client.ts'

/** A model opened in the worker, as a generator and a scorer. Calls made at the same time share forward passes. */
export function createOpenModel(client: WorkerClient, { handle }: Opened, modelId: string, onClose: () => void): OpenModel {
  let closed = false
  const generator: TextGenerator = {
    specVersion: 1,
    provider: 'embedded',
    modelId,
    async generate(request, call = {}) {
      const { prompt, ignored } = promptOf(request)
      const settings = {
        maxOutputTokens: request.maxOutputTokens,
        temperature: request.temperature ?? 1,
        topP: request.topP ?? 1,
        stop: request.stop ?? [],
        seed: request.seed ?? 0,
      }
      const sample = await client.ask<Sample>({ type: 'generate', handle, prompt, settings }, call.signal)
      return resultOf(sample, modelId, ignored)
    },
  }
  const scorer: Scorer = {
    score(items, call = {}) {
      const plain = items.map(({ prompt, completion }) => ({ prompt, completion }))
      return client.ask<ScoreResult[]>({ type: 'score', handle, items: plain }, call.signal)
    },
  }
  return {
    generator,
    scorer,
    close() {
      if (closed) return Promise.resolve()
      closed = true
      onClose()
      client.post({ type: 'close-model', handle })
      return Promise.resolve()
    },
  }
}

/** The model knows one turn: the last user message. */
function promptOf({ messages }: GenerateRequest): { readonly prompt: string; readonly ignored: number } {
  const last = messages.findLast((message) => message.role === 'user')
  return { prompt: last?.content ?? '', ignored: messages.length - (last === undefined ? 0 : 1) }
}

function resultOf(sample: Sample, modelId: string, ignored: number): GenerateResult {
  const warnings: string[] = []
  if (ignored > 0) warnings.push(`The embedded model reads the last user message only; ${ignored} other message(s) were ignored.`)
  if (sample.cutTokens > 0) warnings.push(`The prompt was too long for the model's context: its first ${sample.cutTokens} tokens were cut.`)
  return {
    text: sample.text,
    finishReason: sample.finishReason,
    usage: { inputTokens: sample.inputTokens, outputTokens: sample.outputTokens },
    modelId,
    warnings,
    raw: sample,
  }
}
