import type { Credential, Moderator } from '@sedi/spec'
import type * as z from 'zod'
import type { ProviderContext } from './define-provider.ts'

/** One file in `moderators/` exports one of these; `id` is the file's name. */
export type ModeratorDefinition<Options extends z.ZodObject = z.ZodObject> = {
  readonly id: string
  readonly title: string
  readonly options: Options
  readonly credentials: readonly Credential[]
  readonly dependencies: Readonly<Record<string, string>>
  createModerator(options: z.output<Options>, context: ProviderContext): Promise<Moderator>
}

export function defineModerator<Options extends z.ZodObject>(definition: ModeratorDefinition<Options>): ModeratorDefinition<Options> {
  return definition
}
