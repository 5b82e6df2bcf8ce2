import type { TextGenerator, Verifier } from '@sedi/spec'
import type * as z from 'zod'

/** A key an adapter needs: given as an argument by programs, read from the environment by the kit, never part of a config file. */
export type Credential = {
  /** Name of the programmatic option. */
  readonly option: string
  readonly env: string
  /** Without it the adapter cannot work at all. @default true */
  readonly required?: boolean
}

export type ProviderContext = {
  /** By `Credential.option`. */
  readonly credentials: Readonly<Record<string, string>>
  /** Longest wait for one answer. */
  readonly timeoutMs: number
}

/** One file in `providers/` exports one of these; `id` is the file's name. */
export type ProviderDefinition<Options extends z.ZodObject = z.ZodObject> = {
  readonly id: string
  /** One line for the docs table. */
  readonly title: string
  /** The provider's own config keys, merged into `generator`. Strict. */
  readonly options: Options
  readonly credentials: readonly Credential[]
  /** Optional peer dependencies, imported on first use. */
  readonly dependencies: Readonly<Record<string, string>>
  /** Whether `generator.model` must be set. */
  readonly needsModel: boolean
  /** `modelId` is `generator.model`, or the provider's own id when that is not set and not needed. */
  createTextGenerator(modelId: string, options: z.output<Options>, context: ProviderContext): Promise<TextGenerator>
  /** For worlds that know the right answers. */
  createVerifier?(options: z.output<Options>): Promise<Verifier>
}

export function defineProvider<Options extends z.ZodObject>(definition: ProviderDefinition<Options>): ProviderDefinition<Options> {
  return definition
}
