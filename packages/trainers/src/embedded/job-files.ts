import { join } from 'node:path'
import { canonicalJson, type TrainingSpec } from '@sedi/spec'
import { specHash } from '../spec-hash.ts'
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

export function hashSpec(spec: TrainingSpec, { layers, width, heads, baseModel, earlyStop }: ModelOptions): string {
  return specHash(spec, { architecture: { layers, width, heads, baseModel }, earlyStop }, canonicalJson)
}
