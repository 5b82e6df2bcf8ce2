import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { TrainingSpec } from '@sedi/spec'
import type { ModelOptions } from './protocol.ts'

/** The files of one job. */
export type JobFiles = {
  readonly folder: string
  /** What was asked for: `{ "specHash": "…" }`. */
  readonly record: string
  /** Weights, moments and progress in the middle of the job. Gone when it has succeeded. */
  readonly checkpoint: string
  /** One JSON line per finished step. */
  readonly metrics: string
  /** The trained model; it exists exactly when the job has succeeded. */
  readonly model: string
  /** The trained model's name relative to the trainer's folder: how references call it, so that a run's folder may move. */
  readonly modelUri: string
}

export function jobFiles(trainerFolder: string, jobName: string): JobFiles {
  const folder = join(trainerFolder, jobName)
  const file = (name: string): string => join(folder, name)
  return {
    folder,
    record: file('job.json'),
    checkpoint: file('checkpoint.safetensors'),
    metrics: file('metrics.jsonl'),
    model: file('model.safetensors'),
    modelUri: `${jobName}/model.safetensors`,
  }
}

/**
 * SHA-256 over everything that decides a job's outcome. A model to continue from counts by its digest where it has one, so that a run's folder may move.
 */
export function hashSpec(spec: TrainingSpec, options: ModelOptions): string {
  const { continueFrom, ...rest } = spec
  const { layers, width, heads, baseModel, earlyStop } = options
  const decisive = { ...rest, continueFrom: continueFrom?.digest ?? continueFrom?.uri, architecture: { layers, width, heads, baseModel }, earlyStop }
  return createHash('sha256').update(JSON.stringify(decisive, sortKeys)).digest('hex')
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
