import { SediError } from '@sedi/spec'
import type OpenAI from 'openai'
import type { Stream } from 'openai/core/streaming'
import type { ProviderContext } from '../define-provider.ts'
import type { Preset } from '../presets/preset.ts'
import { longestTimerMs } from './call-clock.ts'
import { patientDispatcher } from './patient-dispatcher.ts'
import { plainFetch } from './plain-fetch.ts'

export type ConnectionOptions = {
  readonly baseUrl?: string | undefined
  readonly organization?: string | undefined
}

/** The official SDK, set to one attempt and to nothing from the environment, pointed at one server. */
export type Connection = {
  readonly client: OpenAI
  readonly Stream: typeof Stream
  /** For messages. */
  readonly host: string
  readonly keyVariable: string
  readonly secrets: readonly string[]
}

/**
 * Makes the client; nothing is sent. Throws `missing-credential`, `invalid-credential`, `invalid-config` (no address, or a payer the server
 * has no header for) and `missing-dependency`.
 *
 * @param name what messages call the provider
 */
export async function connect(
  name: string,
  preset: Preset,
  options: ConnectionOptions,
  { credentials, timeoutMs, fetch, configKey = 'generator' }: Pick<ProviderContext, 'credentials' | 'timeoutMs' | 'fetch' | 'configKey'>,
): Promise<Connection> {
  const apiKey = readKey(name, preset, options, configKey, credentials.apiKey)
  const { baseURL, query } = addressOf(name, preset, options, configKey)
  const { OpenAI, Stream } = await importSdk(name)
  const dispatcher = patientDispatcher()
  const { header } = preset.key
  const client = new OpenAI({
    apiKey,
    maxRetries: 0,
    timeout: Math.min(timeoutMs, longestTimerMs),
    baseURL,
    ...(query === undefined ? {} : { defaultQuery: query }),
    // null, not undefined: the SDK would otherwise read the environment, which is no part of a run's fingerprint.
    organization: null,
    project: null,
    adminAPIKey: null,
    logLevel: 'off',
    fetch: plainFetch(fetch),
    defaultHeaders: {
      ...preset.headers,
      ...payer(name, preset, options, configKey),
      ...(header === undefined ? {} : { [header]: apiKey, authorization: null }),
    },
    ...(dispatcher === undefined ? {} : { fetchOptions: { dispatcher } }),
  })
  return { client, Stream, host: new URL(baseURL).host, keyVariable: preset.key.env, secrets: [apiKey] }
}

/** The SDK insists on a key; servers without one ignore it. */
const placeholderKey = 'no-key'

function readKey(name: string, { key, baseUrl }: Preset, options: ConnectionOptions, configKey: string, given: string | undefined): string {
  const apiKey = given?.trim()
  if (apiKey) {
    // Anything else cannot be sent in a header; typically a quotation mark or dash that a text editor replaced.
    if (/^[\x21-\x7e]+$/.test(apiKey)) return apiKey
    throw new SediError('invalid-credential', `${name}: the key in ${key.env} (option apiKey) contains spaces or characters outside ASCII. Copy it again.`)
  }
  // At another address than the provider's own stands a server of one's own, often without keys.
  const elsewhere = options.baseUrl !== undefined && baseUrl !== undefined
  if (!key.required || elsewhere) return placeholderKey
  throw new SediError(
    'missing-credential',
    `${name}: no API key. Set the environment variable ${key.env} (option apiKey), or ${configKey}.baseUrl for a server without keys.`,
  )
}

/** A query in the address (`?api-version=…`) goes with every request. */
function addressOf(
  name: string,
  preset: Preset,
  { baseUrl = preset.baseUrl }: ConnectionOptions,
  configKey: string,
): { baseURL: string; query: Record<string, string> | undefined } {
  if (baseUrl === undefined) {
    throw new SediError('invalid-config', `${name}: this preset has no address of its own. Set ${configKey}.baseUrl, for example ${preset.baseUrlExample}.`)
  }
  const url = new URL(baseUrl)
  const query = Object.fromEntries(url.searchParams)
  url.search = ''
  return { baseURL: url.href.replace(/\/$/, ''), query: Object.keys(query).length === 0 ? undefined : query }
}

function payer(name: string, { organizationHeader, title }: Preset, { organization }: ConnectionOptions, configKey: string): Record<string, string> {
  if (organization === undefined) return {}
  if (organizationHeader !== undefined) return { [organizationHeader]: organization }
  throw new SediError('invalid-config', `${name}: ${title} takes no organisation with a request. Remove ${configKey}.organization.`)
}

async function importSdk(name: string): Promise<{ OpenAI: typeof OpenAI; Stream: typeof Stream }> {
  try {
    const [{ OpenAI }, { Stream }] = await Promise.all([import('openai'), import('openai/core/streaming')])
    return { OpenAI, Stream }
  } catch (cause) {
    throw new SediError('missing-dependency', `${name}: the package openai is not installed. Run: npm install openai@^7.55.0`, { cause })
  }
}
