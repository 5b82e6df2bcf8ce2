import { SediError, type TextGenerator } from '@sedi/spec'
import type OpenAI from 'openai'
import * as z from 'zod'
import { chatCompletionBody } from '../chat-completions/chat-completion-body.ts'
import { abortedError, chatCompletionError } from '../chat-completions/chat-completion-error.ts'
import { parseChatCompletion } from '../chat-completions/parse-chat-completion.ts'
import { patientDispatcher } from '../chat-completions/patient-dispatcher.ts'
import { defineProvider, type ProviderContext } from '../define-provider.ts'

const provider = 'openai'
const keyVariable = 'OPENAI_API_KEY'

const options = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Address of an OpenAI-compatible server, up to and including `/v1`. Default: OpenAI’s own. With it the key is optional.' }),
  organization: z.string().optional().meta({ description: 'The OpenAI organisation that pays.', affects: 'speed' }),
  maxTokensField: z
    .enum(['max_completion_tokens', 'max_tokens'])
    .default('max_completion_tokens')
    .meta({ description: 'How the server calls the limit on output tokens; Ollama and older servers know only `max_tokens`.' }),
})

type Options = z.output<typeof options>

// A longer one fires at once (24.8 days).
const longestTimerMs = 2 ** 31 - 1

/** Chat Completions of OpenAI and of every server that speaks the same protocol, through the official SDK. Answers are not streamed. */
export default defineProvider({
  id: provider,
  title: 'OpenAI, and any OpenAI-compatible server (vLLM, llama.cpp, Ollama, OpenRouter, …)',
  options,
  // Not required: servers of one's own often have no key. Against OpenAI itself a missing key is an error when the generator is made.
  credentials: [{ option: 'apiKey', env: keyVariable, required: false }],
  dependencies: { openai: '^7.55.0' },
  needsModel: true,
  createTextGenerator: createGenerator,
})

async function createGenerator(modelId: string, options: Options, context: ProviderContext): Promise<TextGenerator> {
  const apiKey = readKey(options, context)
  const timeoutMs = Math.min(context.timeoutMs, longestTimerMs)
  const client = await createClient(options, apiKey, timeoutMs)
  const known = { provider, host: new URL(client.baseURL).host, keyVariable, secrets: [apiKey], timeoutMs }

  return {
    specVersion: 1,
    provider,
    modelId,
    async generate(request, { signal } = {}) {
      if (signal?.aborted) throw abortedError(provider)
      const { body, warnings } = chatCompletionBody(modelId, request, options.maxTokensField)
      // Beside the SDK's own time-out, because that one does not cover the body of an error reply.
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), timeoutMs)
      const either = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal])
      try {
        const reply: unknown = await client.chat.completions.create(body, { signal: either })
        const result = parseChatCompletion(reply, { provider, modelId, secrets: known.secrets })
        return { ...result, warnings: [...warnings, ...result.warnings] }
      } catch (error) {
        const endedBy = signal?.aborted ? 'caller' : deadline.signal.aborted ? 'deadline' : undefined
        throw chatCompletionError(error, { ...known, endedBy, nowMs: Date.now() })
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

// The SDK insists on a key; servers without one ignore it.
const placeholderKey = 'no-key'

function readKey({ baseUrl }: Options, { credentials }: ProviderContext): string {
  const apiKey = credentials.apiKey?.trim()
  if (apiKey) {
    // Anything else cannot be sent in a header; typically a quotation mark or dash that a text editor replaced.
    if (/^[\x21-\x7e]+$/.test(apiKey)) return apiKey
    throw new SediError(
      'invalid-credential',
      `${provider}: the key in ${keyVariable} (option apiKey) contains spaces or characters outside ASCII. Copy it again.`,
    )
  }
  if (baseUrl !== undefined) return placeholderKey
  throw new SediError(
    'missing-credential',
    `${provider}: no API key. Set the environment variable ${keyVariable} (option apiKey), or generator.baseUrl for a server without keys.`,
  )
}

async function createClient({ baseUrl, organization }: Options, apiKey: string, timeoutMs: number): Promise<OpenAI> {
  const { OpenAI } = await importSdk()
  const dispatcher = patientDispatcher()
  return new OpenAI({
    apiKey,
    maxRetries: 0,
    timeout: timeoutMs,
    // null, not undefined: the SDK would otherwise read the environment, which is no part of a run's fingerprint.
    baseURL: baseUrl ?? null,
    organization: organization ?? null,
    project: null,
    adminAPIKey: null,
    logLevel: 'off',
    ...(dispatcher === undefined ? {} : { fetchOptions: { dispatcher } }),
  })
}

async function importSdk(): Promise<typeof import('openai')> {
  try {
    return await import('openai')
  } catch (cause) {
    throw new SediError('missing-dependency', `${provider}: the package openai is not installed. Run: npm install openai@^7.55.0`, { cause })
  }
}
