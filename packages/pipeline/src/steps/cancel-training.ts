import { type Ledger, type Trainer, toSediError } from '@sedi/spec'

export type CancelTrainingOptions = {
  readonly ledger: Ledger
  readonly trainer: Trainer | undefined
  readonly onNotice: (message: string) => void
}

/**
 * Stops the run's training jobs that still run. A job that cannot be stopped, or a service that does not answer, is said and keeps nobody
 * from cancelling the run.
 */
export async function cancelTraining({ ledger, trainer, onNotice }: CancelTrainingOptions): Promise<void> {
  if (trainer === undefined) return
  const trained = new Set((await ledger.find('stage', { stage: 'train' })).map(({ round }) => round))
  for (const { round, jobName, job } of await ledger.find('training-job')) {
    if (trained.has(round)) continue
    try {
      const { state } = await trainer.get(job)
      if (state !== 'queued' && state !== 'running') continue
      if (trainer.cancel === undefined) onNotice(`The trainer “${trainer.id}” cannot stop a job: ${jobName} (${job.id}) goes on there.`)
      else await trainer.cancel(job)
    } catch (error) {
      onNotice(`The training job ${jobName} (${job.id}) of “${trainer.id}” could not be stopped: ${toSediError(error).message}`)
    }
  }
}
