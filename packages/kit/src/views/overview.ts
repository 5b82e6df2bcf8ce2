import { toUsd } from '@sedi/pipeline'
import { type Ledger, type RunConfig, rejectionReasons } from '@sedi/spec'
import type { Overview } from '@sedi/spec/api'
import { notesOf } from '../runs/plan-run.ts'
import { configOf, runFactOf } from '../runs/run-config-of.ts'
import { type RunReport, reportRun } from '../runs/run-report.ts'
import type { ProgressPoint, RunBook } from './run-book.ts'

export type OverviewOptions = {
  /** Whether some process has the run open for writing. */
  readonly held: boolean
  readonly now: number
  /** How long to wait for figures that are still being counted. */
  readonly withinMs: number
}

/** What replays and processes know, and the ledger does not, is left to who asks. */
export type LedgerOverview = Omit<Overview, 'shadow' | 'shadowState'>

const mostPoints = 200

/** A run at a glance. Cost: what was recorded since the book was last read, and O(rounds + seeds). */
export async function overviewOf({ ledger, ...book }: RunBook, { held, now, withinMs }: OverviewOptions): Promise<LedgerOverview> {
  const run = await runFactOf(ledger)
  const config = await configOf(ledger)
  const report = await reportRun(ledger, held)
  const totals = await ledger.totals()
  const [hasProgress, hasReasons] = await Promise.all([book.readWithin(withinMs, 'progress'), book.readWithin(withinMs, 'instructions')])
  const callsOf = new Map(totals.rounds.map(({ round, calls }) => [round, calls]))
  const points = book.progress(mostPoints)
  const pace = report.state === 'running' ? await paceOf(ledger, points, now) : undefined
  return {
    ...{ run: report.run, state: report.state, reason: report.reason, held, recipe: report.recipe, createdAt: run.createdAt },
    ...{ target: definedOf(config.target), budgetUsd: config.budget.maxCostUsd ?? null },
    ...{ roundsDone: report.rounds.done, roundsPlanned: report.rounds.planned },
    ...{ calls: report.calls, raw: report.raw, kept: report.kept, rejected: report.rejected, steps: report.steps },
    ...{ costUsd: report.costUsd, uncertainUsd: report.uncertainUsd, projectedUsd: report.projectedUsd, costPerKeptUsd: report.costPerKeptUsd },
    rounds: book.rounds().map(({ costNanoUsd, ...counts }) => ({
      ...counts,
      calls: callsOf.get(counts.round) ?? 0,
      rejected: rejectedOf(book.instructions.counts.get(counts.round)),
      costUsd: usdOf(costNanoUsd),
    })),
    progress: points.map(({ costNanoUsd, ...point }) => ({ ...point, costUsd: usdOf(costNanoUsd) })),
    evals: report.evaluations.map(({ round, evaluator, mean, interval, items }) => ({
      ...{ round, evaluator, mean, items },
      ...{ low: interval?.low ?? null, high: interval?.high ?? null },
    })),
    ratePerMinute: pace === undefined ? null : pace.rawPerMs * 60_000,
    timeLeftMs: pace === undefined ? null : timeLeft(config, report, totals.calls - totals.followUpCalls, pace),
    notes: [...notesOf(config), ...report.warnings],
    complete: hasProgress && hasReasons,
  }
}

const usdOf = (nanoUsd: number | null): number | null => (nanoUsd === null ? null : toUsd(nanoUsd))

const definedOf = <T extends object>(values: T): T => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T

function rejectedOf(counts: readonly number[] | undefined): Overview['rejected'] {
  return Object.fromEntries(rejectionReasons.flatMap((reason, i) => (counts === undefined || counts[i + 1] === 0 ? [] : [[reason, counts[i + 1]!]])))
}

/** Each in a millisecond, over the last quarter of an hour of this session, training and all. */
type Pace = { readonly callsPerMs: number; readonly rawPerMs: number; readonly keptPerMs: number; readonly nanoUsdPerMs: number | null }

const paceMs = 15 * 60_000

async function paceOf(ledger: Ledger, points: readonly ProgressPoint[], now: number): Promise<Pace | undefined> {
  const session = (await ledger.find('session')).at(-1)
  const since = Math.max(now - paceMs, session?.startedAt ?? 0)
  const last = points.at(-1)
  const before = points.findLast(({ at }) => at <= since) ?? { at: since, calls: 0, raw: 0, kept: 0, costNanoUsd: 0 }
  const ms = now - Math.max(since, before.at)
  if (last === undefined || ms < 1000 || last.raw === before.raw) return undefined
  return {
    callsPerMs: (last.calls - before.calls) / ms,
    rawPerMs: (last.raw - before.raw) / ms,
    keptPerMs: (last.kept - before.kept) / ms,
    nanoUsdPerMs: last.costNanoUsd === null || before.costNanoUsd === null ? null : (last.costNanoUsd - before.costNanoUsd) / ms,
  }
}

/** Until the first target is met. */
function timeLeft({ target }: RunConfig, { kept, costUsd }: RunReport, calls: number, pace: Pace): number | null {
  const spentNanoUsd = (costUsd ?? 0) * 1e9
  const ends = [
    target.calls === undefined ? Infinity : (target.calls - calls) / pace.callsPerMs,
    target.kept === undefined ? Infinity : (target.kept - kept) / pace.keptPerMs,
    target.costUsd === undefined || pace.nanoUsdPerMs === null ? Infinity : (target.costUsd * 1e9 - spentNanoUsd) / pace.nanoUsdPerMs,
  ]
  const first = Math.min(...ends.filter((end) => !Number.isNaN(end)))
  return Number.isFinite(first) ? Math.max(0, Math.round(first)) : null
}
