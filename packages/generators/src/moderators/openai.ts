import { type Moderation, type Moderator, SediError } from '@sedi/spec'
import * as z from 'zod'
import { startCallClock } from '../chat-completions/call-clock.ts'
import { abortedError, chatCompletionError } from '../chat-completions/chat-completion-error.ts'
import { connect } from '../chat-completions/connect.ts'
import { defineModerator } from '../define-moderator.ts'
import type { ProviderContext } from '../define-provider.ts'
import openai from '../presets/openai.ts'

const provider = 'openai'
const keyVariable = openai.key.env

const options = z.strictObject({
  model: z.string().min(1).default('omni-moderation-latest').meta({ description: 'The provider’s name for the model.' }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Address of a server with the same endpoint, up to and including `/v1`. Default: OpenAI’s own. With it the key is optional.' }),
  textsPerCall: z.int().min(1).max(1024).default(32).meta({ description: 'Most texts sent together.', affects: 'speed' }),
})

/**
 * OpenAI's moderation endpoint, through the official SDK: free of charge, its own limits per minute. The verdict is the service's, at its thresholds.
 * Source: types of the npm package openai 7.55.0, resources/moderations. Never tried against the real service.
 */
export default defineModerator({
  id: provider,
  title: 'OpenAI’s moderation models (free of charge), and servers with the same endpoint',
  options,
  credentials: [{ option: 'apiKey', env: keyVariable, required: false }],
  dependencies: { openai: '^7.55.0' },
  createModerator,
})

async function createModerator({ model, baseUrl, textsPerCall }: z.output<typeof options>, context: ProviderContext): Promise<Moderator> {
  const { timeoutMs, configKey = 'moderator' } = context
  const { client, host, secrets } = await connect(provider, openai, { baseUrl }, { ...context, configKey })
  return {
    specVersion: 1,
    provider,
    modelId: model,
    maxBatchSize: textsPerCall,
    async moderate(texts, { signal } = {}) {
      if (signal?.aborted) throw abortedError(provider)
      if (texts.length === 0) return []
      const clock = startCallClock({ signal, timeoutMs, idleTimeoutMs: timeoutMs })
      try {
        const reply: unknown = await client.moderations.create({ model, input: [...texts] }, { signal: clock.signal })
        return readJudgements(reply, texts.length)
      } catch (error) {
        throw chatCompletionError(error, { provider, configKey, host, keyVariable, secrets, timeoutMs, endedBy: clock.endedBy(), nowMs: Date.now() })
      } finally {
        clock.stop()
      }
    },
  }
}

const replySchema = z.object({
  results: z.array(
    z.object({
      flagged: z.boolean(),
      categories: z.record(z.string(), z.boolean().nullish()).default({}),
      category_scores: z.record(z.string(), z.number().nullish()).default({}),
    }),
  ),
})

function readJudgements(reply: unknown, count: number): Moderation[] {
  const parsed = replySchema.safeParse(reply)
  if (!parsed.success || parsed.data.results.length !== count) {
    const got = parsed.success ? `${parsed.data.results.length}` : 'no list of them'
    throw new SediError('provider-response', `${provider}: expected ${count} judgements, got ${got}.`, { retryable: true, details: { charged: 'none' } })
  }
  return parsed.data.results.map(({ flagged, categories, category_scores: scores }) => {
    const named = Object.keys(categories).filter((name) => categories[name] === true)
    return { flagged, categories: flagged ? named.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || (a < b ? -1 : 1)) : [] }
  })
}
