import type { Embedder } from '@sedi/spec'
import type * as z from 'zod'
import type { Credential, ProviderContext } from './define-provider.ts'

/** One file in `embedders/` exports one of these; `id` is the file's name. */
export type EmbedderDefinition<Options extends z.ZodObject = z.ZodObject> = {
  readonly id: string
  readonly title: string
  readonly options: Options
  readonly credentials: readonly Credential[]
  readonly dependencies: Readonly<Record<string, string>>
  createEmbedder(options: z.output<Options>, context: ProviderContext): Promise<Embedder>
}

export function defineEmbedder<Options extends z.ZodObject>(definition: EmbedderDefinition<Options>): EmbedderDefinition<Options> {
  return definition
}
