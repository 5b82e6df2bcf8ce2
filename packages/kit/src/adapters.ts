import { evaluators } from '@sedi/evaluation'
import { type EmbedderDefinition, embedders, type ProviderDefinition, providers } from '@sedi/generators'
import type { RunAdapters } from '@sedi/pipeline'
import type { Embedder, RunConfig, TextGenerator, Trainer, Verifier } from '@sedi/spec'
import { type TrainerDefinition, trainers } from '@sedi/trainers'
import { findCredentials } from './credentials.ts'

/** Adapters handed in by a program instead of being made from the configuration. */
export type GivenAdapters = Partial<Omit<RunAdapters, 'evaluators'>>

/**
 * Makes a run's adapters from its configuration. Nothing is sent and nothing heavy is started yet.
 *
 * @param modelFolder where the trainer may keep its files; must exist before the first job is submitted
 */
export async function createAdapters(config: RunConfig, modelFolder: string, given: GivenAdapters = {}): Promise<RunAdapters> {
  return {
    generator: given.generator ?? (await createGenerator(config)),
    embedder: given.embedder ?? (await createEmbedder(config)),
    trainer: given.trainer ?? (await createTrainer(config, modelFolder)),
    verifier: given.verifier ?? (await createVerifier(config)),
    evaluators: config.evaluation.evaluators.map((id) => evaluators[id as keyof typeof evaluators]),
  }
}

export async function createGenerator({ generator }: RunConfig): Promise<TextGenerator> {
  const { provider, options } = providerOf(generator)
  const credentials = findCredentials(provider.id, provider.credentials)
  return provider.createTextGenerator(generator.model ?? provider.id, options, { credentials, timeoutMs: generator.timeoutMs })
}

async function createEmbedder({ embedder }: RunConfig): Promise<Embedder> {
  const definition = embedders[embedder.id as keyof typeof embedders] as unknown as EmbedderDefinition
  const credentials = findCredentials(definition.id, definition.credentials)
  return definition.createEmbedder(ownOptions(definition, embedder), { credentials, timeoutMs: 60_000 })
}

export async function createTrainer({ trainer }: RunConfig, folder: string): Promise<Trainer | undefined> {
  if (trainer.id === 'none') return undefined
  const definition = trainers[trainer.id as keyof typeof trainers] as unknown as TrainerDefinition
  return definition.createTrainer(ownOptions(definition, trainer), { folder })
}

async function createVerifier({ verifier }: RunConfig): Promise<Verifier | undefined> {
  if (verifier === undefined) return undefined
  const { provider, options } = providerOf(verifier)
  return provider.createVerifier?.(options)
}

function providerOf(config: { readonly id: string } & Readonly<Record<string, unknown>>): { provider: ProviderDefinition; options: Record<string, unknown> } {
  const provider = providers[config.id as keyof typeof providers] as unknown as ProviderDefinition
  return { provider, options: ownOptions(provider, config) }
}

/** The part of an adapter key that is the adapter's own. */
function ownOptions(definition: { readonly options: { readonly shape: object } }, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.keys(definition.options.shape)
  return Object.fromEntries(Object.entries(config).filter(([key]) => own.includes(key)))
}
