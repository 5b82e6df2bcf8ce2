import type { JobSnapshot, JobState, ModelRef, TrainingMetric } from '@sedi/spec'
import type { Failure } from './failure.ts'
import type { JobFiles } from './job-files.ts'
import { readMetricsLog } from './metrics-log.ts'
import { readModel } from './model.ts'
import type { FromWorker, JobEnd } from './protocol.ts'

export type JobMessage = Extract<FromWorker, { readonly jobName: string }>

/** What the main thread knows of a job; followers wait on it. */
export interface JobRecord {
  readonly snapshot: JobSnapshot
  readonly ended: boolean
  receive(message: JobMessage): void
  end(end: JobEnd | { readonly state: 'lost' }): void
  /** Metrics of steps after `afterStep`, in step order as they happen; ends when the job does. `signal` ends it early by its reason. */
  follow(afterStep: number, signal?: AbortSignal | undefined): AsyncGenerator<TrainingMetric, void, void>
}

type Progress = {
  state: JobState
  metrics: readonly TrainingMetric[]
  warnings: readonly string[]
  model?: ModelRef
  failure?: Failure
}

/** A job that was just submitted. */
export function createJobRecord(): JobRecord {
  return recordOf({ state: 'queued', metrics: [], warnings: [] })
}

/** A job whose files are all there is: succeeded when its model exists, lost otherwise. */
export function readJobRecord(files: JobFiles): JobRecord {
  const metrics = readMetricsLog(files.metrics)
  const file = readModel(files.model)
  if (file === undefined) return recordOf({ state: 'lost', metrics, warnings: [] })
  const warnings = JSON.parse(file.metadata.warnings ?? '[]') as string[]
  return recordOf({ state: 'succeeded', metrics, warnings, model: { trainer: 'embedded', uri: files.modelUri, digest: file.digest } })
}

function recordOf(initial: Progress): JobRecord {
  const metrics = [...initial.metrics]
  let { state, warnings, model, failure } = initial
  let wake: PromiseWithResolvers<void> = Promise.withResolvers()

  function tellFollowers(): void {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const hasEnded = (): boolean => state !== 'queued' && state !== 'running'

  return {
    get ended() {
      return hasEnded()
    },
    get snapshot() {
      return {
        state,
        stepsDone: metrics.length,
        ...(model === undefined ? {} : { model }),
        ...failure,
        ...(warnings.length === 0 ? {} : { warnings }),
      }
    },
    receive(message) {
      if (message.type === 'job-started') {
        state = 'running'
        warnings = message.warnings
        for (const metric of message.done) metrics.push(metric)
      } else if (message.type === 'job-step') metrics.push(message.metric)
      else this.end(message.end)
      tellFollowers()
    },
    end(end) {
      state = end.state
      if (end.state === 'succeeded') {
        model = end.model
        warnings = end.warnings
      }
      if (end.state === 'failed') failure = { error: end.error, errorCode: end.errorCode }
      tellFollowers()
    },
    async *follow(afterStep, signal) {
      for (let next = 0; ; ) {
        signal?.throwIfAborted()
        const metric = metrics[next]
        if (metric === undefined) {
          if (hasEnded()) return
          await woken(wake.promise, signal)
        } else {
          next++
          if (metric.step > afterStep) yield metric
        }
      }
    },
  }
}

/** Waits for the promise or for the signal, whichever is first. */
async function woken(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await promise
  const aborted = Promise.withResolvers<void>()
  const stop = (): void => aborted.resolve()
  signal.addEventListener('abort', stop, { once: true })
  await Promise.race([promise, aborted.promise])
  signal.removeEventListener('abort', stop)
}
