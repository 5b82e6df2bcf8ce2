import { type ProviderDefinition, providers } from '@sedi/generators'
import { canonicalJson, sha256 } from '@sedi/pipeline'
import type { LimitedKey, RunConfig, TextGenerator } from '@sedi/spec'
import { findCredentials } from './credentials.ts'

/**
 * Whose limits the run's teacher is under: the provider, and a hash of its key and its address. Servers of one's own often share a made-up
 * key (“EMPTY”), so the address is part of it.
 */
export function limitedKey({ generator }: RunConfig, given: TextGenerator | undefined): LimitedKey {
  if (given !== undefined) return { provider: given.provider, keyHash: shortHash([given.modelId]) }
  const { id, credentials } = providers[generator.id as keyof typeof providers] as unknown as ProviderDefinition
  return { provider: id, keyHash: shortHash([generator.baseUrl ?? null, findCredentials(id, credentials)]) }
}

const shortHash = (parts: readonly unknown[]): string => sha256(canonicalJson(parts)).slice(0, 32)
