import { sha256 } from '@sedi/pipeline'
import { canonicalJson, type Embedder, type LimitedKey, type LimitOptions, type RunConfig, type TextGenerator } from '@sedi/spec'
import { embedderDefinition, providerOf } from '../adapters.ts'
import { credentialsOf, findCredentials } from '../credentials.ts'

/**
 * Whose limits the run's teacher is under: the provider, and a hash of its key and its address. Servers of one's own often share a made-up
 * key (“EMPTY”), so the address is part of it.
 */
export function limitedKey({ generator }: RunConfig, given: TextGenerator | undefined): LimitedKey {
  if (given !== undefined) return { provider: given.provider, keyHash: shortHash([given.modelId]) }
  const { provider, options } = providerOf(generator)
  return { provider: provider.id, keyHash: shortHash([generator.baseUrl ?? generator.preset ?? null, credentialsOf(provider, options)]) }
}

/**
 * The limits that the run keeps with its teacher: as configured, with as many calls in flight as the provider wants at least. One that gathers
 * calls into batches has a queue of its own, which limits per minute have nothing to do with: they would only tear batches apart.
 */
export function limitsFor({ preferredConcurrency = 0, recovery }: TextGenerator, { limits }: Pick<RunConfig, 'limits'>): LimitOptions {
  const concurrency = Math.max(limits.concurrency, preferredConcurrency)
  return recovery === 'rejoin' ? { concurrency } : { ...limits, concurrency }
}

/** The same of an embedder. A provider counts each of its models apart. */
export function limitedEmbedderKey(config: RunConfig['embedder'], given: Embedder | undefined): LimitedKey {
  if (given !== undefined) return { provider: given.provider, keyHash: shortHash(['embeddings', given.modelId]) }
  const { id, credentials } = embedderDefinition(config.id)
  return {
    provider: id,
    keyHash: shortHash(['embeddings', config.model ?? null, config.baseUrl ?? config.endpointUrl ?? null, findCredentials(id, credentials)]),
  }
}

/** Embeddings are few and large: some calls at a time are enough. */
const embedderConcurrency = 4

export function limitsForEmbedder({ concurrency = embedderConcurrency, requestsPerMinute, tokensPerMinute }: RunConfig['embedder']): LimitOptions {
  return { concurrency, requestsPerMinute, tokensPerMinute }
}

const shortHash = (parts: readonly unknown[]): string => sha256(canonicalJson(parts)).slice(0, 32)
