import { type ModelDescription, redact, SediError } from '@sedi/spec'
import * as z from 'zod'
import type { Preset } from '../presets/preset.ts'
import type { Connection } from './connect.ts'

const positive = z.number().int().positive().optional().catch(undefined)

// What servers say about a model beside its name; each says another part.
const entrySchema = z.object({
  id: z.string(),
  shutdown_date: z.string().optional().catch(undefined),
  // vLLM, SGLang
  max_model_len: positive,
  // OpenRouter, Together
  context_length: positive,
  // Groq
  context_window: positive,
  // Mistral
  max_context_length: positive,
  deprecation: z.string().optional().catch(undefined),
  // llama.cpp: what it runs with, and what the model was trained with
  meta: z.object({ n_ctx: positive, n_ctx_train: positive }).optional().catch(undefined),
  // OpenRouter: by the name of the setting
  supported_parameters: z.array(z.string()).optional().catch(undefined),
  // Hugging Face
  providers: z
    .array(z.object({ context_length: positive, supports_structured_output: z.boolean().optional().catch(undefined) }))
    .optional()
    .catch(undefined),
})

type Entry = z.output<typeof entrySchema>

/**
 * What the server lists about the model. Buys nothing. Throws whatever the SDK throws for a key that is refused or a server that is not
 * there; a server without a list, or with one that cannot be read, gives a description that says nothing.
 */
export async function describeModel(modelId: string, preset: Preset, { client, host }: Connection, signal: AbortSignal): Promise<ModelDescription> {
  const { lists = true, keyCheck = '/models', suffix } = preset.models ?? {}
  const shared: ModelDescription = {
    modelId,
    keyChecked: keyCheck !== null,
    ...(preset.structuredOutput === 'none' ? { structuredOutput: false } : {}),
    notes: preset.notes ?? [],
  }
  if (keyCheck !== null && keyCheck !== '/models') await client.get(keyCheck, { signal })
  const entries = await readList(() => client.get('/models', { signal }), host)
  if (entries === undefined || !lists) return shared
  const names = [modelId, ...(suffix === undefined ? [] : [modelId.replace(suffix, '')])]
  const entry = entries.find(({ id }) => names.includes(id))
  return {
    ...shared,
    listed: entry !== undefined,
    otherModels: entries.map(({ id }) => id).filter((id) => id !== modelId),
    ...(entry === undefined ? {} : describe(entry)),
  }
}

function describe(entry: Entry): Partial<ModelDescription> {
  const hosts = entry.providers?.flatMap(({ context_length }) => context_length ?? []) ?? []
  const contextTokens =
    entry.max_model_len ??
    entry.context_length ??
    entry.context_window ??
    entry.max_context_length ??
    entry.meta?.n_ctx ??
    entry.meta?.n_ctx_train ??
    (hosts.length > 0 ? Math.min(...hosts) : undefined)
  const shutdownDate = (entry.shutdown_date ?? entry.deprecation)?.slice(0, 10)
  const structuredOutput = entry.supported_parameters?.some((name) => name === 'structured_outputs' || name === 'response_format')
  return {
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(shutdownDate === undefined ? {} : { shutdownDate }),
    ...(structuredOutput === undefined ? {} : { structuredOutput }),
  }
}

/** The entries of `GET /models`: `{ data }`, or a bare list (Together); undefined where there is no such list. */
async function readList(fetchList: () => Promise<unknown>, host: string): Promise<readonly Entry[] | undefined> {
  try {
    const list = await fetchList()
    if (typeof list === 'string' || list === undefined) throw notAServer(host, list)
    const data = typeof list === 'object' && list !== null && 'data' in list ? list.data : list
    if (!Array.isArray(data)) return undefined
    return data.flatMap((item: unknown) => entrySchema.safeParse(item).data ?? [])
  } catch (error) {
    const status = error instanceof Error && 'status' in error ? error.status : undefined
    if (status === 404 || status === 405 || status === 501) return undefined
    throw error
  }
}

function notAServer(host: string, body: string | undefined): SediError {
  const start = body === undefined ? 'an empty body' : `a text: ${redact(body).slice(0, 60)}`
  return new SediError('provider-response', `${host}: expected a list of models, got ${start}. Check generator.baseUrl.`, { details: { charged: 'none' } })
}
