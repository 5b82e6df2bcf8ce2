import { createHash } from 'node:crypto'
import type { TrainingSpec } from '@sedi/spec'

/**
 * SHA-256 over what decides a job's outcome: its spec, and what of the trainer's options does. A model to continue from counts by its digest
 * where it has one, so that a run's folder may move. It stands in the folders of jobs: the order of keys is part of it, unless `toText` sorts them.
 */
export function specHash(
  spec: TrainingSpec,
  decisive: Readonly<Record<string, unknown>>,
  toText: (value: unknown) => string = (value) => JSON.stringify(value),
): string {
  const value = { ...spec, continueFrom: spec.continueFrom?.digest ?? spec.continueFrom?.uri, ...decisive }
  return createHash('sha256').update(toText(value)).digest('hex')
}
