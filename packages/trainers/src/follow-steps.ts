import type { JobSnapshot, TrainingMetric } from '@sedi/spec'
import { throwIfAborted } from './aborted.ts'

export type Follow = {
  readonly afterStep?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** What the job's steps and state are now. */
  look(): Promise<{ readonly metrics: readonly TrainingMetric[]; readonly snapshot: Pick<JobSnapshot, 'state'> }>
  /** Waits until it is time to look again. */
  pause(): Promise<void>
}

/** A job's steps as looks at it show them, each once and in order, until a look finds it ended. Throws `aborted` with the step in hand told. */
export async function* followSteps({ afterStep = 0, signal, look, pause }: Follow): AsyncGenerator<TrainingMetric> {
  for (let last = afterStep; ; ) {
    throwIfAborted({ signal })
    const { metrics, snapshot } = await look()
    for (const metric of metrics) {
      if (metric.step <= last) continue
      yield metric
      throwIfAborted({ signal })
      last = metric.step
    }
    if (snapshot.state !== 'queued' && snapshot.state !== 'running') return
    await pause()
  }
}
