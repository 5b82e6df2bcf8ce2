import { SediError } from '@sedi/spec'
import { createAdamState } from './adam.ts'
import { readModel, writeModel } from './model.ts'

/** Copies a model of the embedded trainer without its optimiser's moments: a third of the size, to start from as a base model. Returns the digest. */
export function exportModel(from: string, to: string): string {
  const file = readModel(from)
  if (file === undefined) throw new SediError('not-found', `There is no model at ${from}.`)
  return writeModel(to, { ...file.model, adam: createAdamState(0) }, {})
}
