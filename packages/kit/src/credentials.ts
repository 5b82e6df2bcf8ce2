import type { ProviderDefinition } from '@sedi/generators'
import { type Credential, SediError } from '@sedi/spec'

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
