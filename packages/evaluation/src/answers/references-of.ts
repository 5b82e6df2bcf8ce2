import { type Sample, SediError } from '@sedi/spec'

/** The item's right answers, the main one first. Throws `invalid-input` when it has none. */
export function referencesOf({ id, reference, references = [] }: Sample, evaluator: string): readonly string[] {
  const all = reference === undefined ? references : [reference, ...references]
  if (all.length === 0) throw new SediError('invalid-input', `${evaluator} needs a reference answer; test item ${id} has none.`)
  return all
}
