import { createHash } from 'node:crypto'
import type { Adaptation, GenerateRequest } from '@sedi/spec'
import type { MaxTokensField, Preset, WireSetting } from '../presets/preset.ts'

/** The provider's own settings, beside those of a request. */
export type RequestOptions = {
  readonly maxTokensField?: MaxTokensField | undefined
  readonly reasoningEffort?: string | undefined
  readonly serviceTier?: string | undefined
  readonly stream?: boolean | undefined
}

export type ComposeInput = {
  readonly modelId: string
  readonly request: GenerateRequest
  readonly preset: Preset
  readonly options: RequestOptions
  /** What the model has refused so far, by the setting's name. */
  readonly learned: ReadonlyMap<string, Adaptation>
}

export type ComposedRequest = {
  /** The body of `POST /chat/completions`. */
  readonly body: Readonly<Record<string, unknown>>
  /** What of the request is not sent as it was asked. */
  readonly adaptations: readonly Adaptation[]
  /** One for each adaptation that may change the answer. */
  readonly warnings: readonly string[]
  /** Stop sequences that the server does not get: the answer is cut at them here. */
  readonly cutAt: readonly string[]
}

const defaultMostStops = 4

// Dropping these changes how an answer comes, not which.
const harmless: ReadonlySet<string> = new Set(['stream', 'stream_options', 'prompt_cache_key'])

/** Says a request in the words of one server, without what it is known not to take: from its preset, and from its refusals so far. */
export function composeRequest({ modelId, request, preset, options, learned }: ComposeInput): ComposedRequest {
  const stops = request.stop ?? []
  const mostStops = preset.mostStops ?? defaultMostStops
  const adaptations: Adaptation[] = []
  const cutAt: string[] = []
  const body: Record<string, unknown> = { model: modelId, messages: request.messages.map(({ role, content }) => ({ role, content })) }

  for (const [name, value] of wantedSettings({ modelId, request, preset, options })) {
    const known = learned.get(name) ?? lackOf(name as WireSetting, preset)
    if (known === undefined) {
      body[name] = value
      continue
    }
    // Something like `stream_options` that a preset knows to be absent was never asked for by anyone.
    if (!(harmless.has(name) && !learned.has(name))) adaptations.push(known)
    if (known.action === 'renamed' && known.replacement !== null) body[known.replacement] = value
    if (name === 'stop') cutAt.push(...stops)
  }
  if (cutAt.length === 0 && stops.length > mostStops) {
    cutAt.push(...stops.slice(mostStops))
    // Another setting than `stop`: a resumed run must not take this for a server that takes none.
    adaptations.push({ ...emulatedStop(`${stops.length} stop sequences were asked for, the server takes ${mostStops}`), setting: `stop[${mostStops}…]` })
  }
  const warnings = adaptations
    .filter(({ setting, action }) => action === 'dropped' && !harmless.has(setting))
    .map(({ setting, reason }) => `${setting}: not sent. ${reason}`)
  return { body, adaptations, warnings, cutAt }
}

/** Stop sequences are honoured all the same; only the tokens after them are paid for. */
export const emulatedStop = (reason: string): Adaptation => ({ setting: 'stop', action: 'emulated', replacement: 'cutting the answer', reason })

function wantedSettings({ request, preset, options }: Omit<ComposeInput, 'learned'>): [name: string, value: unknown][] {
  const { temperature, topP, seed, stop = [], responseFormat } = request
  const stream = options.stream === true
  const wanted: Readonly<Record<string, unknown>> = {
    [options.maxTokensField ?? preset.maxTokensField]: request.maxOutputTokens,
    temperature,
    top_p: topP,
    [preset.names?.seed ?? 'seed']: seed,
    stop: stop.length === 0 ? undefined : stop.slice(0, preset.mostStops ?? defaultMostStops),
    response_format: responseFormat === undefined ? undefined : responseFormatOf(responseFormat, preset),
    reasoning_effort: options.reasoningEffort,
    service_tier: options.serviceTier,
    prompt_cache_key: preset.promptCacheKey === true ? promptCacheKey(request) : undefined,
    stream: stream ? true : undefined,
    stream_options: stream ? { include_usage: true } : undefined,
    ...preset.body,
  }
  return Object.entries(wanted).filter(([, value]) => value !== undefined)
}

function lackOf(name: WireSetting, { lacks, structuredOutput, title }: Preset): Adaptation | undefined {
  const reason = lacks?.[name] ?? (name === 'response_format' && structuredOutput === 'none' ? `${title} cannot hold a model to a JSON Schema` : undefined)
  if (reason === undefined) return undefined
  return name === 'stop' ? emulatedStop(reason) : { setting: name, action: 'dropped', replacement: null, reason }
}

function responseFormatOf({ name, schema }: NonNullable<GenerateRequest['responseFormat']>, { structuredOutput }: Preset): unknown {
  if (structuredOutput === 'json-object-schema') return { type: 'json_object', schema }
  return { type: 'json_schema', json_schema: { name, schema, strict: true } }
}

/** The same for all requests that begin alike, as those of one prompt template do. */
function promptCacheKey({ messages }: GenerateRequest): string {
  const beginning = messages[0]?.content.slice(0, 512) ?? ''
  return `sedi-${createHash('sha256').update(beginning).digest('hex').slice(0, 16)}`
}
