import { families } from './families/registry.gen.ts'
import type { Kind } from './kind.ts'

export type FamilyKind = Kind & { readonly family: string }

/** Every kind of task of the world, family by family. */
export const kinds: readonly FamilyKind[] = Object.entries(families).flatMap(([family, members]) => members.map((kind) => ({ ...kind, family })))

export function kindById(id: string): FamilyKind {
  const kind = kinds.find((each) => each.id === id)
  if (kind === undefined) throw new RangeError(`no kind of task named ${id}; there are ${kinds.map((each) => each.id).join(', ')}`)
  return kind
}
