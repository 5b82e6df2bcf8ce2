import { SediError } from '@sedi/spec'
import type { JobFiles } from './job-files.ts'
import { readMetricsLog } from './metrics-log.ts'
import { type Model, readModel } from './model.ts'

export type Progress = { readonly model: Model; readonly stepsDone: number }

/**
 * Where a job's files say it stands: undefined for a job that has no checkpoint yet; why not, where they cannot be used. Then it is begun anew: the same
 * spec gives the same steps.
 */
export function readProgress(files: JobFiles, specHash: string): Progress | { readonly unusable: string } | undefined {
  try {
    const file = readModel(files.checkpoint)
    if (file === undefined || file.metadata.specHash !== specHash) return undefined
    const stepsDone = Number(file.metadata.stepsDone)
    if (!Number.isInteger(stepsDone)) return { unusable: `${files.checkpoint} does not say after which step it was made` }
    const logged = readMetricsLog(files.metrics).length
    if (logged < stepsDone) return { unusable: `${files.metrics} has ${logged} steps, but the checkpoint beside it was made after ${stepsDone}` }
    return { model: file.model, stepsDone }
  } catch (error) {
    if (SediError.is(error, 'storage')) throw error // the file may be good: another attempt can read it
    return { unusable: error instanceof Error ? error.message.replace(/\.$/, '') : String(error) }
  }
}
