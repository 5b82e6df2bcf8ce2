import type { InferenceClient, InferenceProviderOrPolicy, Options as SdkOptions } from '@huggingface/inference'
import { type Credential, SediError } from '@sedi/spec'
import * as z from 'zod'
import { startCallClock } from '../chat-completions/call-clock.ts'
import { abortedError } from '../chat-completions/chat-completion-error.ts'
import { patientDispatcher } from '../chat-completions/patient-dispatcher.ts'
import { type ErrorWords, readErrorBody } from '../chat-completions/read-error-body.ts'
import type { ProviderContext } from '../define-provider.ts'
import { huggingFaceError } from './hugging-face-error.ts'
import { type Trace, tracedFetch } from './traced-fetch.ts'

export const provider = 'huggingface'
export const keyVariable = 'HF_TOKEN'
export const dependencies = { '@huggingface/inference': '^4.13.30' }

// An endpoint of one's own may need no token.
export const credentials: readonly Credential[] = [{ option: 'token', env: keyVariable, required: false }]

/** Where requests go; shared by the text generator and the embedder. */
export const connectionShape = {
  endpointUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Address of an Inference Endpoint, or of any server that speaks its protocol, instead of routing to a provider.' }),
  billTo: z.string().min(1).optional().meta({ description: 'The Hugging Face organisation that pays.', affects: 'speed' }),
}

export const inferenceProvider = (fallback: string) =>
  z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'expected a provider’s name as in “groq” or “hf-inference”')
    .default(fallback)
    .meta({ description: 'Who serves the model: a provider’s name (`groq`, `together`, `hf-inference`, …), or `auto`. Not used with `endpointUrl`.' })

export type ConnectionOptions = {
  readonly endpointUrl?: string | undefined
  readonly billTo?: string | undefined
  readonly inferenceProvider: string
}

export type Connection = {
  readonly secrets: readonly string[]
  /** What every task of the SDK takes beside its own arguments. */
  readonly route: { readonly provider?: InferenceProviderOrPolicy }
  /**
   * One attempt. The reply as the SDK reads it; as it came where the SDK cannot read it but its status says it is an answer, because it has
   * been paid for. Throws SediError.
   *
   * @param learn shown a refusal, for which nothing was charged; true when the next request will be another, which is then sent
   */
  call(ask: Ask, signal: AbortSignal | undefined, learn?: (refusal: Refusal) => boolean): Promise<{ readonly reply: unknown; readonly headers: Headers }>
}

export type Refusal = { readonly status: number; readonly words: ErrorWords }

type Ask = (client: InferenceClient, options: SdkOptions) => Promise<unknown>

/**
 * The official SDK, held to one attempt. It knows neither deadlines nor headers, and repeats a 503 at once and for ever unless told not to;
 * so deadline and headers are in the `fetch` it is given.
 */
export async function connect(options: ConnectionOptions, context: ProviderContext): Promise<Connection> {
  const { configKey = 'generator' } = context
  const token = readToken(options, context, configKey)
  const { InferenceClient } = await importSdk()
  const client = new InferenceClient(token, options.endpointUrl === undefined ? {} : { endpointUrl: options.endpointUrl })
  const { timeoutMs } = context
  const dispatcher = patientDispatcher()
  const secrets = token === '' ? [] : [token]
  const host = options.endpointUrl === undefined ? options.inferenceProvider : new URL(options.endpointUrl).host

  return {
    secrets,
    route: options.endpointUrl === undefined ? { provider: options.inferenceProvider as InferenceProviderOrPolicy } : {},
    async call(ask, signal, learn = () => false) {
      if (signal?.aborted) throw abortedError(provider)
      const clock = startCallClock({ signal, timeoutMs, idleTimeoutMs: timeoutMs })
      try {
        for (;;) {
          const trace: Trace = { asked: false }
          const fetch = tracedFetch(trace, context.fetch ?? globalThis.fetch, clock.signal, dispatcher)
          try {
            const reply = await ask(client, { retry_on_error: false, fetch, ...(options.billTo === undefined ? {} : { billTo: options.billTo }) })
            // What is not JSON comes back as a Blob.
            return { reply: reply instanceof Blob ? trace.text : reply, headers: trace.headers! }
          } catch (error) {
            if (isUnread(error, trace)) return { reply: asJson(trace.text!), headers: trace.headers! }
            const refusal = refusalIn(trace)
            if (refusal !== undefined && learn(refusal)) continue
            throw huggingFaceError(error, trace, { provider, configKey, host, keyVariable, secrets, timeoutMs, endedBy: clock.endedBy(), nowMs: Date.now() })
          }
        }
      } finally {
        clock.stop()
      }
    },
  }
}

function refusalIn({ asked, status = 0, text }: Trace): Refusal | undefined {
  return asked && status >= 400 && text !== undefined ? { status, words: readErrorBody(text) } : undefined
}

/** A reply that arrived whole with a 2xx status and is not what the SDK expects: an error in disguise, or an answer without its usage. */
function isUnread(error: unknown, { asked, status = 0, text }: Trace): boolean {
  const unread = error instanceof Error && (error.name === 'ProviderOutputError' || error instanceof SyntaxError)
  return unread && asked && status >= 200 && status < 300 && text !== undefined
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function readToken({ endpointUrl, inferenceProvider }: ConnectionOptions, { credentials }: ProviderContext, configKey: string): string {
  const token = credentials.token?.trim() ?? ''
  if (token === '') {
    if (endpointUrl !== undefined) return ''
    throw new SediError(
      'missing-credential',
      `${provider}: no token. Set the environment variable ${keyVariable} (option token), or ${configKey}.endpointUrl for a server without one.`,
    )
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new SediError(
      'invalid-credential',
      `${provider}: the token in ${keyVariable} (option token) contains spaces or characters outside ASCII. Copy it again.`,
    )
  }
  if (endpointUrl === undefined && inferenceProvider === 'auto' && !token.startsWith('hf_')) {
    throw new SediError(
      'invalid-credential',
      `${provider}: ${configKey}.inferenceProvider auto needs a Hugging Face token in ${keyVariable} (it begins with hf_). For a provider’s own key name the provider.`,
      { secrets: [token] },
    )
  }
  return token
}

async function importSdk(): Promise<typeof import('@huggingface/inference')> {
  try {
    return await import('@huggingface/inference')
  } catch (cause) {
    const [name, range] = Object.entries(dependencies)[0]!
    throw new SediError('missing-dependency', `${provider}: the package ${name} is not installed. Run: npm install ${name}@${range}`, { cause })
  }
}
