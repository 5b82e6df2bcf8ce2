import { type Adaptation, type GenerateRequest, SediError, type TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { aiSdkError, refusalIn } from '../ai-sdk/ai-sdk-error.ts'
import type { AiSdkCallOptions, AiSdkLanguageModel, AiSdkMessage } from '../ai-sdk/language-model.ts'
import { learnSetting, withoutLearned } from '../ai-sdk/learn-setting.ts'
import { readReply } from '../ai-sdk/read-reply.ts'
import { startCallClock } from '../chat-completions/call-clock.ts'
import { abortedError } from '../chat-completions/chat-completion-error.ts'
import { cutAtStops } from '../chat-completions/finish-answer.ts'
import { patientDispatcher } from '../chat-completions/patient-dispatcher.ts'
import { defineProvider, type ProviderContext } from '../define-provider.ts'
import { loadPackage, packageName } from '../load-package.ts'

const provider = 'ai-sdk'
const keyVariable = 'AI_SDK_API_KEY'

const looksSecret = /(?:api|access|secret|private).?key|token|secret|password|authorization|credential/i

const options = z.strictObject({
  package: z
    .string()
    .regex(packageName, 'expected the plain name of an npm package')
    .meta({ description: 'The provider package, installed by you: `@ai-sdk/openai-compatible`. Its code runs in this process.', runs: true }),
  factory: z
    .string()
    .regex(/^[A-Za-z_$][\w$]*$/, 'expected the name of a function')
    .meta({ description: 'The function of the package that makes a provider from settings: `createOpenAICompatible`.' }),
  settings: z
    .record(z.string(), z.unknown())
    .default({})
    .refine((settings) => secretIn(settings) === undefined, { error: ({ input }) => `keys do not belong here, found “${secretIn(input)}”; set ${keyVariable}` })
    .meta({ description: `What the factory is called with, without the key: that comes from ${keyVariable}, or from the variable the package itself reads.` }),
  modulesFrom: z.string().default('.').meta({
    description: 'Folder whose `node_modules`, or those of a folder above it, have the package. Default: the configuration’s.',
    affects: 'speed',
    path: true,
    runs: true,
  }),
})

function secretIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    if (looksSecret.test(key)) return key
    const deeper = secretIn(inner)
    if (deeper !== undefined) return deeper
  }
  return undefined
}

/** Any language model that has a provider package for the Vercel AI SDK. The package alone is needed, not `ai`. */
export default defineProvider({
  id: provider,
  title: 'Any language model of the Vercel AI SDK, through a provider package of your choice',
  options,
  // Packages read variables of their own as well (ANTHROPIC_API_KEY); this one is for those that read none.
  credentials: [{ option: 'apiKey', env: keyVariable, required: false }],
  dependencies: {},
  needsModel: true,
  async createTextGenerator(modelId, chosen, context) {
    const { apiKey } = context.credentials
    const model = await loadModel(modelId, chosen, context, apiKey)
    const { timeoutMs, adaptations } = context
    return createAiSdkGenerator(model, { timeoutMs, adaptations, secrets: apiKey === undefined ? [] : [apiKey] })
  },
})

async function loadModel(
  modelId: string,
  { package: name, factory, settings, modulesFrom }: z.output<typeof options>,
  context: ProviderContext,
  apiKey: string | undefined,
): Promise<AiSdkLanguageModel> {
  const module = await loadPackage({ name, folder: modulesFrom, adapter: provider })
  const create = Object.hasOwn(module, factory) ? module[factory] : undefined
  if (typeof create !== 'function') {
    const functions = Object.keys(module).filter((key) => typeof module[key] === 'function' && key.startsWith('create'))
    throw new SediError(
      'invalid-config',
      `ai-sdk: ${name} has no function ${factory}; it has ${functions.join(', ') || 'none that begins with create'}. Correct generator.factory.`,
    )
  }
  try {
    const made = create({ ...settings, ...(apiKey === undefined ? {} : { apiKey }), fetch: context.fetch ?? patientFetch() })
    return made.languageModel(modelId)
  } catch (cause) {
    const message = `ai-sdk: ${factory} of ${name} made no language model ${modelId}: ${(cause as Error).message}\nCheck generator.settings and generator.model.`
    throw new SediError('invalid-config', message, { secrets: apiKey === undefined ? [] : [apiKey], cause })
  }
}

/** Every factory of the AI SDK takes a `fetch`. Node's own would give up after 300 s, and take prompt and key to wherever a redirect points. */
function patientFetch(): typeof fetch {
  const dispatcher = patientDispatcher()
  return (resource, init) => fetch(resource, { ...init, redirect: 'manual', ...(dispatcher === undefined ? {} : { dispatcher }) })
}

export type AiSdkGeneratorOptions = {
  /** Longest wait for one answer. @default 600 000 */
  readonly timeoutMs?: number | undefined
  /** Values that must not appear in errors: the key the model was made with. */
  readonly secrets?: readonly string[] | undefined
  /** What the model was learned not to accept earlier. */
  readonly adaptations?: readonly Adaptation[] | undefined
}

/**
 * A generator of a language model that the program made itself: `createAiSdkGenerator(anthropic('claude-…'))`. The model is asked directly,
 * below the AI SDK's own retries, so one call is one request.
 */
export function createAiSdkGenerator(
  model: AiSdkLanguageModel,
  { timeoutMs = 600_000, secrets = [], adaptations = [] }: AiSdkGeneratorOptions = {},
): TextGenerator {
  if (typeof model !== 'object' || typeof model.doGenerate !== 'function') {
    throw new SediError(
      'invalid-config',
      `${provider}: expected a language model of the AI SDK, got ${typeof model}. Make one with a provider package; a model’s name alone is not enough.`,
    )
  }
  const { modelId } = model
  const learned = new Map(adaptations.map((adaptation) => [adaptation.setting, adaptation]))
  const context = { provider, configKey: 'generator', host: model.provider, keyVariable, secrets, timeoutMs }

  /** A refused setting was not charged: it is left out, for later requests as well, and the request sent again. */
  async function askAndLearn(request: GenerateRequest, abortSignal: AbortSignal): Promise<unknown> {
    for (;;) {
      try {
        return await model.doGenerate({ ...callOptions(withoutLearned(request, learned)), abortSignal })
      } catch (error) {
        const refusal = refusalIn(error)
        const lessons = refusal === undefined ? [] : learnSetting(refusal, withoutLearned(request, learned), secrets)
        if (lessons.length === 0) throw error
        for (const lesson of lessons) learned.set(lesson.setting, lesson)
      }
    }
  }

  return {
    specVersion: 1,
    provider,
    modelId,
    async generate(request, { signal } = {}) {
      if (signal?.aborted) throw abortedError(provider)
      const clock = startCallClock({ signal, timeoutMs, idleTimeoutMs: timeoutMs })
      try {
        const answer = readReply(await askAndLearn(request, clock.signal), provider, modelId)
        if (learned.size === 0) return answer
        const warnings = [...learned.values()].filter(({ action }) => action === 'dropped').map(({ setting, reason }) => `${setting}: not sent. ${reason}`)
        return {
          ...cutAtStops(answer, learned.has('stop') ? (request.stop ?? []) : []),
          warnings: [...answer.warnings, ...warnings],
          adaptations: [...learned.values()],
        }
      } catch (error) {
        throw aiSdkError(error, { ...context, endedBy: clock.endedBy(), nowMs: Date.now() })
      } finally {
        clock.stop()
      }
    },
  }
}

function callOptions({ messages, maxOutputTokens, temperature, topP, stop = [], seed, responseFormat }: GenerateRequest): AiSdkCallOptions {
  const prompt = messages.map(
    ({ role, content }): AiSdkMessage => (role === 'system' ? { role, content } : { role, content: [{ type: 'text', text: content }] }),
  )
  return {
    prompt,
    maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop.length === 0 ? {} : { stopSequences: [...stop] }),
    ...(responseFormat === undefined ? {} : { responseFormat: { type: 'json', name: responseFormat.name, schema: responseFormat.schema } }),
  }
}
