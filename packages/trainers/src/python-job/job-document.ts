import { resolve } from 'node:path'
import type { TrainingSpec } from '@sedi/spec'
import { specHash } from '../spec-hash.ts'

/** What `trainer: python` is configured with, defaults filled in. */
export type PythonOptions = {
  readonly baseModel: string
  readonly method: 'full' | 'lora' | 'qlora'
  readonly lora: { readonly rank: number; readonly alpha: number; readonly dropout: number; readonly targetModules: string | readonly string[] }
  readonly rowsPerDevice: number
  readonly precision: 'auto' | 'bf16' | 'fp32'
  readonly gradientCheckpointing: boolean
  readonly checkpointEverySteps: number
  readonly tooLong: 'truncate' | 'refuse'
  readonly chatTemplate: string
  readonly mayDownload: boolean
  readonly keepOptimiser: boolean
}

/** Version of the files that go between us and the Python package. */
export const protocol = 1

/** `job.json`, as `sedi_trainer/job.py` reads it. Model references are relative to the trainer's folder. */
export function jobDocument(spec: TrainingSpec, options: Readonly<Record<string, unknown>>, folder: string): Record<string, unknown> {
  const { continueFrom, ...rest } = spec
  const { learningRate, warmupSteps, maxGradNorm, weightDecay } = spec.optimiser
  return {
    protocol,
    ...rest,
    // JSON has no infinity; a norm that is never reached clips nothing.
    optimiser: { learningRate, warmupSteps, maxGradNorm: Math.min(maxGradNorm, Number.MAX_VALUE), weightDecay },
    continueFrom: continueFrom === undefined ? null : locate(folder, continueFrom.uri),
    ...options,
  }
}

/** A model of ours is named relative to our folder; one that a service keeps has an address of its own. */
const locate = (folder: string, uri: string): string => (/^[a-z][a-z0-9+.-]+:\/\//i.test(uri) ? uri : resolve(folder, uri))

/** Without the options that decide how fast a job is done and no more. */
export function specHashOf(spec: TrainingSpec, options: PythonOptions): string {
  const { rowsPerDevice: _, checkpointEverySteps: __, gradientCheckpointing: ___, ...decisive } = options
  return specHash(spec, decisive)
}
