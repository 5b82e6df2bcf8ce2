import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type CallOptions, type GenerateResult, type OpenModel, SediError } from '@sedi/spec'
import * as z from 'zod'

export type VllmOptions = {
  /** Of its API, `/v1` included. */
  readonly url: string
  readonly apiKey?: string | undefined
  /** Folder of an adapter, which the server sees at the same path; undefined: the model it was started with. */
  readonly adapter: string | undefined
  /** Distinguishes adapters: the same name always means the same weights. */
  readonly digest?: string | undefined
  readonly modelId: string
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string(), parent: z.string().nullish() })) })
const replySchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }), finish_reason: z.string().nullable() })).min(1),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }),
})

/**
 * Asks a vLLM server for the answers of an adapter. Each adapter is loaded under a name of its own and unloaded when it is closed: vLLM keeps
 * answers' prefixes by name, and reloading a name has answered from old ones. The server is the user's: started with `--enable-lora`,
 * `--max-lora-rank` of at least ours, and `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True`. It gives no scores.
 *
 * Source: vLLM's documentation of LoRA adapters and of its OpenAI-compatible server; untried against a real one.
 */
export async function openWithVllm({ url, apiKey, adapter, digest, modelId }: VllmOptions, call: CallOptions = {}): Promise<OpenModel> {
  if (adapter !== undefined && !existsSync(join(adapter, 'adapter_config.json'))) {
    throw new SediError(
      'unsupported',
      `trainer.vllm: ${adapter} is no adapter. vLLM loads adapters only: set trainer.method to lora or qlora, or leave trainer.vllm out.`,
    )
  }
  const server = url.replace(/\/+$/, '')

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    { signal }: CallOptions = {},
  ): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
    const headers = { 'content-type': 'application/json', ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) }
    try {
      const response = await fetch(`${server}${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null })
      return { ok: response.ok, status: response.status, text: await response.text() }
    } catch (cause) {
      if (signal?.aborted) throw new SediError('aborted', 'The question to the trained model was aborted.', { cause })
      throw new SediError('provider-response', `vLLM does not answer at ${server}. Start it, or correct trainer.vllm.`, { cause, retryable: true })
    }
  }

  async function askFor<T>(schema: z.ZodType<T>, ...parameters: Parameters<typeof ask>): Promise<T> {
    const { ok, status, text } = await ask(...parameters)
    if (!ok) throw refused(parameters[1], status, text)
    const parsed = schema.safeParse(parse(text))
    if (parsed.success) return parsed.data
    throw new SediError('provider-response', `vLLM answered ${parameters[1]} with something else than expected: ${text.slice(0, 200)}`)
  }

  const known = (await askFor(modelsSchema, 'GET', '/models', undefined, call)).data
  const base = known.find(({ parent }) => parent === undefined || parent === null)?.id
  const name = adapter === undefined ? base : `sedi-${digest?.slice(0, 16) ?? encodeURIComponent(modelId)}`
  if (name === undefined) throw new SediError('provider-response', `vLLM at ${server} serves no base model.`)
  const loads = adapter !== undefined && !known.some(({ id }) => id === name)
  if (loads) {
    const { ok, status, text } = await ask('POST', '/load_lora_adapter', { lora_name: name, lora_path: adapter }, call)
    if (!ok) throw refused('/load_lora_adapter', status, text)
  }

  return {
    generator: {
      specVersion: 1,
      provider: 'python',
      modelId,
      async generate({ messages, maxOutputTokens, temperature = 0, topP = 1, stop = [], seed }, options): Promise<GenerateResult> {
        const body = { model: name, messages, max_tokens: maxOutputTokens, temperature, top_p: topP, stop, ...(seed === undefined ? {} : { seed }) }
        const raw = await askFor(replySchema, 'POST', '/chat/completions', body, options)
        const [{ message, finish_reason: reason }] = raw.choices as [(typeof raw.choices)[number]]
        return {
          text: message.content ?? '',
          finishReason: reason === 'length' ? 'length' : 'stop',
          usage: { inputTokens: raw.usage.prompt_tokens, outputTokens: raw.usage.completion_tokens },
          modelId,
          warnings: [],
          raw,
        }
      },
    },
    async close() {
      // What another process loaded is another's to unload; a server that is gone holds nothing.
      if (loads) await ask('POST', '/unload_lora_adapter', { lora_name: name }).catch(() => {})
    },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(path: string, status: number, text: string): SediError {
  const said = text.slice(0, 300)
  if (status === 401 || status === 403)
    return new SediError('invalid-credential', `vLLM refused the key (${status}). Set VLLM_API_KEY to the one it was started with.`)
  if (path === '/load_lora_adapter' && status === 404)
    return new SediError('unsupported', 'vLLM loads no adapters at run time. Start it with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True.')
  if (path === '/load_lora_adapter')
    return new SediError(
      'invalid-input',
      `vLLM did not load the adapter (${status}): ${said}. It must see the same folder, and allow its rank (--max-lora-rank).`,
    )
  return new SediError('invalid-input', `vLLM refused ${path} (${status}): ${said}`)
}
