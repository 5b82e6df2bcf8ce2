import { embedders, moderators, type ProviderDefinition, presets, providers } from '@sedi/generators'
import { type Credential, SediError } from '@sedi/spec'
import { trainers } from '@sedi/trainers'

/**
 * Keys for an adapter, by option name: given ones first, then the environment. The only place that reads `process.env` for adapters;
 * keys never come from a configuration file and never go into one. Throws `missing-credential` naming the option and the variable.
 */
export function findCredentials(adapter: string, wanted: readonly Credential[], given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { option, env, required = true } of wanted) {
    const value = given[option] ?? process.env[env]
    if (value !== undefined && value !== '') found[option] = value
    else if (required)
      throw new SediError(
        'missing-credential',
        `The adapter “${adapter}” needs a key: set the environment variable ${env}, or pass ${option} when calling from a program. Keys do not belong in the configuration file.`,
      )
  }
  return found
}

/** The keys of a generator's provider, whose names may depend on its options. */
export function credentialsOf(
  { id, credentials, credentialsFor }: ProviderDefinition,
  options: Parameters<NonNullable<ProviderDefinition['credentialsFor']>>[0],
): Record<string, string> {
  return findCredentials(id, credentialsFor?.(options) ?? credentials)
}

/** The variables that adapters read keys from, each once, in alphabetical order: what `.env.example` lists. */
export function keyVariables(): readonly string[] {
  const tables: readonly object[] = [providers, embedders, moderators, trainers]
  const declared = tables.flatMap((table) => Object.values(table) as { readonly credentials?: readonly Credential[] }[])
  const names = [...declared.flatMap(({ credentials = [] }) => credentials.map(({ env }) => env)), ...Object.values(presets).map(({ key }) => key.env)]
  return [...new Set(names)].sort()
}

/** Which of the variables have a value here. Never the values. */
export function keysFound(variables: readonly string[] = keyVariables()): readonly string[] {
  return variables.filter((name) => (process.env[name] ?? '').trim() !== '')
}

/**
 * Where data sets are pushed, and the key for it: HF_TOKEN, and HF_ENDPOINT for a hub other than huggingface.co, as its own tools have them.
 * Throws `missing-credential`, and `invalid-config` for an address that is none, carries a key, or would send ours unencrypted to another machine.
 */
export function hubAccess(given: { readonly url?: string | undefined; readonly token?: string | undefined } = {}): {
  readonly url: string
  readonly token: string
} {
  const url = hubUrl(given.url ?? (process.env.HF_ENDPOINT || 'https://huggingface.co'))
  const token = given.token ?? process.env.HF_TOKEN ?? ''
  if (token === '')
    throw new SediError(
      'missing-credential',
      'Pushing needs a key that may write: set the environment variable HF_TOKEN. Keys are made under Settings, Access Tokens on the hub.',
    )
  return { url, token }
}

function hubUrl(text: string): string {
  const url = URL.parse(text)
  const refuse = (why: string): never => {
    throw new SediError('invalid-config', `HF_ENDPOINT: expected the address of a hub, like https://huggingface.co; ${why}.`)
  }
  if (url === null || !/^https?:$/.test(url.protocol)) return refuse('got something else')
  if (url.username !== '' || url.password !== '' || url.search !== '') return refuse('got one with a key in it, which belongs into HF_TOKEN')
  const isHere = url.hostname === 'localhost' || url.hostname === '[::1]' || /^127\./.test(url.hostname)
  if (url.protocol === 'http:' && !isHere) return refuse('got http, which would send the key in HF_TOKEN unencrypted to another machine')
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
