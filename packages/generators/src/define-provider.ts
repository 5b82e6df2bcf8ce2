import type { Adaptation, CallFact, Credential, TextGenerator, Verifier } from '@sedi/spec'
import type * as z from 'zod'
import type { ListPrice } from './prices/list-price.ts'

export type ProviderContext = {
  /** By `Credential.option`. */
  readonly credentials: Readonly<Record<string, string>>
  /** Where the adapter stands in the configuration, for advice in messages. @default `generator`, `embedder` or `moderator` */
  readonly configKey?: string | undefined
  /** Longest wait for one answer. */
  readonly timeoutMs: number
  /** What this model was learned not to accept earlier in the run, so that it is not learned again. */
  readonly adaptations?: readonly Adaptation[] | undefined
  /** Sends requests, instead of Node's: a proxy of the program's own, or a test's. Adapters whose SDK takes one use it. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Reads the answers of a recorded run, in order of recording: a run's folder or an exported ledger file. */
  readonly readCalls?: ((run: string) => AsyncIterable<CallFact>) | undefined
  /** A folder of the run for what the adapter has to remember over a crash; created by the adapter when it needs it. */
  readonly stateFolder?: string | undefined
  /** Something about work that takes long which a person should see: where a batch is. */
  readonly onNotice?: ((message: string) => void) | undefined
}

/** One file in `providers/` exports one of these; `id` is the file's name. */
export type ProviderDefinition<Options extends z.ZodObject = z.ZodObject> = {
  readonly id: string
  /** One line for the docs table. */
  readonly title: string
  /** The provider's own config keys, merged into `generator`. Strict. */
  readonly options: Options
  readonly credentials: readonly Credential[]
  /** The keys for given options, where they depend on them. @default credentials */
  credentialsFor?(options: z.output<Options>): readonly Credential[]
  /** Optional peer dependencies, imported on first use. */
  readonly dependencies: Readonly<Record<string, string>>
  /** Whether `generator.model` must be set. */
  readonly needsModel: boolean
  /** `modelId` is `generator.model`, or the provider's own id when that is not set and not needed. */
  createTextGenerator(modelId: string, options: z.output<Options>, context: ProviderContext): Promise<TextGenerator>
  /** What the model costs where the seller's list is known; undefined when the price is unknown. Applied when `generator.price` is not set. */
  listPrice?(modelId: string, options: z.output<Options>): ListPrice | undefined
  /** What its user should know before a run, in words. */
  notes?(options: z.output<Options>): readonly string[]
  /** For worlds that know the right answers. */
  createVerifier?(options: z.output<Options>): Promise<Verifier>
}

export function defineProvider<Options extends z.ZodObject>(definition: ProviderDefinition<Options>): ProviderDefinition<Options> {
  return definition
}
