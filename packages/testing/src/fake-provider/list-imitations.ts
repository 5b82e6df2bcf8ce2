import type { Imitation } from './imitations/imitation.ts'
import { imitations } from './imitations/registry.gen.ts'

export type ImitationId = keyof typeof imitations

export const imitationIds = Object.keys(imitations) as readonly ImitationId[]

/** Every imitation, for people. */
export function listImitations(): { readonly id: ImitationId; readonly title: string; readonly basePath: string; readonly source: string }[] {
  return imitationIds.map((id) => {
    const { title, source, basePath } = findImitation(id)
    return { id, title, source, basePath: basePath ?? '/v1' }
  })
}

/** Throws RangeError for one that does not exist. */
export function findImitation(id: string): Imitation {
  if (Object.hasOwn(imitations, id)) return imitations[id as ImitationId]
  throw new RangeError(`Fake provider: unknown imitation ${id}; there are ${imitationIds.join(', ')}`)
}
