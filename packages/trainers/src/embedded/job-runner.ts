import { setImmediate as nextTurn } from 'node:timers/promises'
import { failureOf, outOfMemory } from './failure.ts'
import type { Graphs } from './graphs.ts'
import type { FromWorker, JobEnd, TrainCommand } from './protocol.ts'
import { openTrainingJob } from './training-job.ts'

/** Runs jobs one after the other, in the order submitted. */
export interface JobRunner {
  submit(command: TrainCommand): void
  /** Ends a job, a running one after its current step; what it has learned is saved, and submitting it again goes on from there. */
  cancel(jobName: string): void
}

export function createJobRunner(loadGraphs: () => Promise<Graphs>, post: (message: FromWorker) => void): JobRunner {
  const waiting: TrainCommand[] = []
  const cancelled = new Set<string>()
  let running = false
  let graphs: Graphs | undefined
  const postEnd = (jobName: string, end: JobEnd): void => post({ type: 'job-ended', jobName, end, compiledGraphs: graphs?.compiled ?? 0 })

  async function runAll(): Promise<void> {
    if (running) return
    running = true
    for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) {
      const { jobName } = command.spec
      const end = await run(command).catch(endOfFailure)
      cancelled.delete(jobName)
      postEnd(jobName, end)
    }
    running = false
  }

  async function run(command: TrainCommand): Promise<JobEnd> {
    const { jobName } = command.spec
    graphs = await loadGraphs()
    const job = openTrainingJob(graphs, command)
    try {
      post({ type: 'job-started', jobName, done: job.done, warnings: job.warnings })
      for (;;) {
        await nextTurn() // lets messages in, and questions be answered, between steps
        if (cancelled.has(jobName)) {
          job.checkpoint()
          return { state: 'cancelled' }
        }
        const metric = job.step()
        if (metric === undefined) return { state: 'succeeded', ...job.finish() }
        post({ type: 'job-step', jobName, metric })
      }
    } finally {
      job.close()
    }
  }

  return {
    submit(command) {
      cancelled.delete(command.spec.jobName)
      waiting.push(command)
      void runAll()
    },
    cancel(jobName) {
      const place = waiting.findIndex((command) => command.spec.jobName === jobName)
      if (place === -1) cancelled.add(jobName)
      else {
        waiting.splice(place, 1)
        postEnd(jobName, { state: 'cancelled' })
      }
    },
  }
}

/**
 * A failed job's end. Out of memory is thrown on instead: what the failed step had allocated stays allocated, so the thread must end, and the
 * client starts a new one for the next job.
 */
function endOfFailure(error: unknown): JobEnd {
  if (error instanceof RangeError && /memory|allocation/i.test(error.message)) throw new Error(`${outOfMemory} (${error.message})`)
  return { state: 'failed', ...failureOf(error) }
}
