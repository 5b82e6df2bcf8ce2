import type { Credential, Embedder } from '@sedi/spec'
import type * as z from 'zod'
import type { ProviderContext } from './define-provider.ts'
import type { ListPrice } from './prices/list-price.ts'

/** One file in `embedders/` exports one of these; `id` is the file's name. */
export type EmbedderDefinition<Options extends z.ZodObject = z.ZodObject> = {
  readonly id: string
  readonly title: string
  readonly options: Options
  readonly credentials: readonly Credential[]
  readonly dependencies: Readonly<Record<string, string>>
  /** Whether its calls may cost something, as `Embedder.bought` of what it makes. @default false */
  readonly bought?: boolean
  /** What the model costs where the seller's list is known; applied when `price` is not set beside the options. */
  listPrice?(options: z.output<Options>): ListPrice | undefined
  createEmbedder(options: z.output<Options>, context: ProviderContext): Promise<Embedder>
}

export function defineEmbedder<Options extends z.ZodObject>(definition: EmbedderDefinition<Options>): EmbedderDefinition<Options> {
  return definition
}
