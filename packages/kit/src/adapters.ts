import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { evaluators } from '@sedi/evaluation'
import { type EmbedderDefinition, embedders, type ModeratorDefinition, moderators, type ProviderDefinition, providers } from '@sedi/generators'
import { createMeaningIndex, type ExampleScorer, type RunAdapters, type SemanticFilter } from '@sedi/pipeline'
import {
  type Adaptation,
  type Embedder,
  type Moderator,
  type RunConfig,
  SediError,
  type SemanticFilterConfig,
  type TextGenerator,
  type Trainer,
  type Verifier,
} from '@sedi/spec'
import { type TrainerDefinition, trainers } from '@sedi/trainers'
import { credentialsOf, findCredentials } from './credentials.ts'
import { readRecordedCalls } from './inputs/read-recorded-calls.ts'
import { loadUsearchNeighbours } from './usearch-neighbours.ts'

/** Adapters handed in by a program instead of being made from the configuration. */
export type GivenAdapters = Partial<Omit<RunAdapters, 'evaluators'>>

/** What a run hands to its teacher's adapter. */
export type TeacherContext = {
  /** What earlier sessions learned of the model. */
  readonly adaptations?: readonly Adaptation[] | undefined
  /** Where it may note what it has to remember over a crash. */
  readonly stateFolder?: string | undefined
  readonly onNotice?: ((message: string) => void) | undefined
}

/**
 * Makes a run's adapters from its configuration. Nothing is sent and nothing heavy is started yet.
 *
 * @param modelFolder where the trainer may keep its files; must exist before the first job is submitted
 */
export async function createAdapters(config: RunConfig, modelFolder: string, given: GivenAdapters = {}, context: TeacherContext = {}): Promise<RunAdapters> {
  const generator = given.generator ?? (await createGenerator(config, context))
  try {
    return {
      generator,
      embedder: given.embedder ?? (await createEmbedder(config.embedder)),
      semanticFilter: given.semanticFilter ?? (config.filter.semantic && (await createSemanticFilter(config.filter.semantic))),
      scorer: given.scorer ?? scorerOf(config, modelFolder),
      verifier: given.verifier ?? (await createVerifier(config)),
      moderator: given.moderator ?? (config.moderator && (await createModerator(config.moderator))),
      evaluators: config.evaluation.evaluators.map((id) => evaluators[id as keyof typeof evaluators]),
      // The last one: it holds something open as the teacher does, and nobody would close it.
      trainer: given.trainer ?? (await createTrainer(config, modelFolder, context.onNotice)),
    }
  } catch (error) {
    if (given.generator === undefined) await generator.close?.()
    throw error
  }
}

export async function createGenerator({ generator }: RunConfig, given: TeacherContext = {}): Promise<TextGenerator> {
  const { provider, options } = providerOf(generator)
  const credentials = credentialsOf(provider, options)
  const context = { credentials, timeoutMs: generator.timeoutMs, readCalls: readRecordedCalls, ...given }
  return provider.createTextGenerator(generator.model ?? provider.id, options, context)
}

/** What `filter.semantic` works with. Throws for an embedder it cannot use, before anything is bought. */
export async function createSemanticFilter({ embedder, search }: Pick<SemanticFilterConfig, 'embedder' | 'search'>): Promise<SemanticFilter> {
  const filter = {
    embedder: await createEmbedder(embedder, 'filter.semantic.embedder'),
    search: search === 'usearch' ? await loadUsearchNeighbours() : undefined,
  }
  // A run accounts for what its filter buys; whoever uses the filter outside one is refused there.
  createMeaningIndex({ ...filter, embedder: { ...filter.embedder, bought: false } }, { nearest: 'rejected' })
  return filter
}

export function embedderDefinition(id: string): EmbedderDefinition {
  const definition = embedders[id as keyof typeof embedders] as unknown as EmbedderDefinition | undefined
  if (definition === undefined) throw new SediError('invalid-config', `Expected an embedder of ${Object.keys(embedders).join(', ')}; got ${id}.`)
  return definition
}

/** @param configKey where it stands in the configuration, for messages */
export async function createEmbedder(embedder: RunConfig['embedder'], configKey = 'embedder'): Promise<Embedder> {
  const definition = embedderDefinition(embedder.id)
  const credentials = findCredentials(definition.id, definition.credentials)
  return definition.createEmbedder(ownOptions(definition, embedder), { credentials, configKey, timeoutMs: embedder.timeoutMs ?? 60_000 })
}

export async function createTrainer({ trainer }: RunConfig, folder: string, onNotice?: TeacherContext['onNotice']): Promise<Trainer | undefined> {
  return trainer.id === 'none' ? undefined : await makeTrainer(trainer, folder, onNotice)
}

async function makeTrainer(config: RunConfig['trainer'], folder: string, onNotice?: TeacherContext['onNotice']): Promise<Trainer> {
  const definition = trainers[config.id as keyof typeof trainers] as unknown as TrainerDefinition
  const credentials = findCredentials(definition.id, definition.credentials ?? [])
  return definition.createTrainer(ownOptions(definition, config), { folder, credentials, onNotice })
}

/** Nothing is started before it is opened. */
function scorerOf({ feedback: { scorer } }: RunConfig, folder: string): ExampleScorer | undefined {
  if (scorer === undefined) return undefined
  return {
    id: scorer.id,
    async open() {
      const own = join(folder, 'scorer')
      mkdirSync(own, { recursive: true })
      const trainer = await makeTrainer(scorer, own)
      let opened: Awaited<ReturnType<NonNullable<Trainer['open']>>> | undefined
      const close = async (): Promise<void> => {
        await opened?.close()
        await trainer.close?.()
      }
      try {
        opened = await trainer.open?.(undefined)
        if (opened?.scorer === undefined) throw new SediError('unsupported', `feedback.scorer: the trainer “${scorer.id}” opens no model that scores.`)
        return { scorer: opened.scorer, close }
      } catch (error) {
        await close()
        throw error
      }
    },
  }
}

/** Who knows right answers; undefined in a run without one. */
export async function createVerifier({ verifier }: Pick<RunConfig, 'verifier'>): Promise<Verifier | undefined> {
  if (verifier === undefined) return undefined
  const { provider, options } = providerOf(verifier)
  return provider.createVerifier?.(options)
}

export async function createModerator(moderator: NonNullable<RunConfig['moderator']>): Promise<Moderator> {
  const definition = moderators[moderator.id as keyof typeof moderators] as unknown as ModeratorDefinition
  const credentials = findCredentials(definition.id, definition.credentials)
  return definition.createModerator(ownOptions(definition, moderator), { credentials, timeoutMs: moderator.timeoutMs })
}

export function providerOf(config: { readonly id: string } & Readonly<Record<string, unknown>>): {
  provider: ProviderDefinition
  options: Record<string, unknown>
} {
  const provider = providers[config.id as keyof typeof providers] as unknown as ProviderDefinition
  return { provider, options: ownOptions(provider, config) }
}

/** The part of an adapter key that is the adapter's own. */
function ownOptions(definition: { readonly options: { readonly shape: object } }, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const own = Object.keys(definition.options.shape)
  return Object.fromEntries(Object.entries(config).filter(([key]) => own.includes(key)))
}
