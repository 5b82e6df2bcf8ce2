import type { BatchObservableResult, Meter } from '@opentelemetry/api'
import { type QueueFigures, type RunStore, type RunSummary, SediError } from '@sedi/spec'

/** Every state a run can be shown in: one that no run is in is told as 0, so that graphs have no gaps. */
const states: readonly RunSummary['state'][] = ['running', 'paused', 'done', 'failed', 'cancelled', 'interrupted', 'unreadable']

/** Longest wait for the store: who collects waits about ten seconds for everything. */
const withinMs = 5000

type Figures = { readonly runs: readonly RunSummary[] | undefined; readonly queue: QueueFigures | undefined }

export type StoreMetricsOptions = {
  /** Without `list` only the queue is told of. */
  readonly store: { readonly [Name in 'list' | 'queueFigures']?: RunStore[Name] | undefined }
  /** The runs are listed once in so many milliseconds, however many ask: all ledgers are looked into for it. @default 10_000 */
  readonly keptMs?: number | undefined
}

/** What a store's runs have come to, all together; `sedi.store.up` is 0 and the rest missing while it cannot be asked. */
export function measureStore(meter: Meter, { store, keptMs = 10_000 }: StoreMetricsOptions): void {
  const gauge = (name: string, unit: string, description: string) => meter.createObservableGauge(name, { unit, description })
  const up = gauge('sedi.store.up', '1', '1 while the store can be asked')
  const runs = gauge('sedi.runs', '{run}', 'Runs of the store, by state')
  const calls = gauge('sedi.store.calls', '{call}', 'Answers recorded, over all runs')
  const open = gauge('sedi.store.attempts.open', '{attempt}', 'Attempts in flight or left by a dead process, over all runs')
  const written = gauge('sedi.store.candidates', '{candidate}', 'Items written by teachers, over all runs')
  const kept = gauge('sedi.store.kept', '{instruction}', 'Instructions kept, over all runs')
  const cost = gauge('sedi.store.cost', 'USD', 'Dollars over all runs: settled, uncertain (counted at their worst), open (reserved for what is in flight)')
  const waiting = gauge('sedi.queue.tickets', '{ticket}', 'Calls on their way to workers: waiting, or in hands')
  const workers = gauge('sedi.workers', '{worker}', 'Workers of the store')
  const all = [up, runs, calls, open, written, kept, cost, waiting, workers]
  let known: { readonly at: number; readonly figures: Promise<Figures> } | undefined

  async function read(): Promise<Figures> {
    return { runs: await store.list?.(), queue: await store.queueFigures?.() }
  }

  meter.addBatchObservableCallback(async (told) => {
    if (known === undefined || performance.now() - known.at >= keptMs) known = { at: performance.now(), figures: inTime(read()) }
    let figures: Figures
    try {
      figures = await known.figures
    } catch {
      told.observe(up, 0)
      return
    }
    told.observe(up, 1)
    if (figures.runs !== undefined) tellRuns(told, figures.runs)
    if (figures.queue === undefined) return
    told.observe(waiting, figures.queue.waiting, { state: 'waiting' })
    told.observe(waiting, figures.queue.inHands, { state: 'in-hands' })
    told.observe(workers, figures.queue.workers)
  }, all)

  function tellRuns(told: BatchObservableResult, all: readonly RunSummary[]): void {
    for (const state of states) told.observe(runs, all.filter((run) => run.state === state).length, { state })
    const sum = (of: (totals: RunSummary['totals']) => number): number => all.reduce((total, run) => total + of(run.totals), 0)
    told.observe(
      calls,
      sum((totals) => totals.calls),
    )
    told.observe(
      open,
      sum((totals) => totals.openAttempts),
    )
    told.observe(
      written,
      sum((totals) => totals.raw),
    )
    told.observe(
      kept,
      sum((totals) => totals.kept),
    )
    told.observe(cost, sum((totals) => totals.settledNanoUsd) / 1e9, { kind: 'settled' })
    told.observe(cost, sum((totals) => totals.uncertainNanoUsd) / 1e9, { kind: 'uncertain' })
    told.observe(cost, sum((totals) => totals.openNanoUsd) / 1e9, { kind: 'open' })
  }
}

async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SediError('storage', 'The store did not answer in time.')), withinMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
    answer.catch(() => {})
  }
}
