import { appendFileSync, closeSync, fsyncSync, ftruncateSync, openSync } from 'node:fs'
import { SediError, type TrainingMetric } from '@sedi/spec'
import { readIfPresent, withStorage } from '../storage.ts'

/** The metrics of a job's finished steps, one JSON line each, in step order. */
export interface MetricsLog {
  /** What the log held when it was opened. */
  readonly kept: readonly TrainingMetric[]
  append(metric: TrainingMetric): void
  /** Makes everything appended durable. */
  sync(): void
  close(): void
}

/** Opens a job's log to go on after its first `keep` steps; later lines belong to steps that will be done again, and are removed. */
export function openMetricsLog(path: string, keep: number): MetricsLog {
  const lines = completeLines(path).slice(0, keep)
  if (lines.length < keep) throw new SediError('storage', `${path} has ${lines.length} steps, but the checkpoint beside it was made after ${keep}.`)
  const end = lines.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0)
  const file = withStorage(path, () => {
    const opened = openSync(path, 'a')
    ftruncateSync(opened, end)
    return opened
  })
  return {
    kept: lines.map(parseMetric),
    append: (metric) => withStorage(path, () => appendFileSync(file, `${JSON.stringify(metric)}\n`)),
    sync: () => withStorage(path, () => fsyncSync(file)),
    close: () => closeSync(file),
  }
}

/** The metrics in a log that may be written to at this moment, or may have been cut off by a crash: complete lines only. */
export function readMetricsLog(path: string): TrainingMetric[] {
  return completeLines(path).map(parseMetric)
}

function completeLines(path: string): string[] {
  return (readIfPresent(path)?.toString('utf8') ?? '').split('\n').slice(0, -1)
}

const parseMetric = (line: string): TrainingMetric => JSON.parse(line) as TrainingMetric
