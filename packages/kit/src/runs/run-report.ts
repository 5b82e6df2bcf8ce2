import { type Interval, wilsonInterval } from '@sedi/evaluation'
import { toUsd, waitingAttempts } from '@sedi/pipeline'
import { type Ledger, type RunState, type ScoreTotals, type SeedEventFact, type StageFact, stateShown, type Totals } from '@sedi/spec'
import { projectCostUsd } from './project-cost.ts'
import { begunConfig } from './run-config-of.ts'

/** A run in numbers, read from its ledger alone. Dollars; null where a price is unknown or there is nothing to divide by. */
export type RunReport = {
  readonly run: string
  readonly recipe: string
  /** `interrupted`: it says `running`, but nobody is carrying it on. */
  readonly state: RunState | 'created' | 'interrupted'
  readonly reason: string
  readonly rounds: { readonly done: number; readonly planned: number }
  readonly calls: number
  /** Answers bought beyond the target: recorded and paid, outside the pool. */
  readonly surplusCalls: number
  readonly raw: number
  readonly kept: number
  readonly rejected: Totals['rejected']
  /** What each check found in the rounds whose data is complete; without those that found nothing. */
  readonly checks: Readonly<Record<string, CheckFindings>>
  /** Of the calls, those to follow-up questions; and calls for embeddings beside them. */
  readonly followUpCalls: number
  readonly embedCalls: number
  readonly inputTokens: number
  /** Part of inputTokens read from the provider's prompt cache. */
  readonly cachedInputTokens: number
  readonly outputTokens: number
  /** Part of outputTokens spent on hidden reasoning. */
  readonly reasoningTokens: number
  /** Settled cost of recorded answers and embeddings. */
  readonly costUsd: number | null
  /** Part of it for embeddings. */
  readonly embedUsd: number | null
  /** What the run will have cost at its end if it goes on like this; null when it is over or nobody can know. */
  readonly projectedUsd: number | null
  /** The most that attempts without a recorded answer may have cost on top. */
  readonly uncertainUsd: number
  readonly uncertainAttempts: number
  /** Attempts that go on at a provider which keeps its work (batches), and the most they may cost; resuming the run fetches their answers. */
  readonly waitingAttempts: number
  readonly waitingUsd: number
  readonly costPerKeptUsd: number | null
  readonly steps: number
  /** Passes over the pool as it was in each round, added up. */
  readonly epochs: number
  /** Of the rows trained on, those that the mask left out of the loss; null where nothing was masked or told of it. */
  readonly maskedShare: number | null
  /** Means over batches. */
  readonly batchDiversity: number | null
  readonly conflictsPerBatch: number | null
  readonly seedsPromoted: number
  readonly seedsEvicted: number
  readonly evaluations: readonly EvaluationReport[]
  /** What happened that its user should know, in words. */
  readonly warnings: readonly string[]
  readonly digest: string
}

/** Candidates that a check has rejected, and flagged. */
export type CheckFindings = { readonly dropped: number; readonly flagged: number }

/** Scores of one evaluator after one round; round 0 is the base model. */
export type EvaluationReport = {
  readonly evaluator: string
  readonly round: number
  readonly items: number
  readonly mean: number
  /** 95 %, over test items; for scores that are 0 or 1. */
  readonly interval: Interval | null
  readonly byGroup: Readonly<Record<string, number>>
}

/** @param held whether some process has the run open for writing; only a reader of another process's run has to ask */
export async function reportRun(ledger: Ledger, held = true): Promise<RunReport> {
  const [run] = await ledger.find('run')
  const config = begunConfig(run!)
  const state = (await ledger.find('run-state')).at(-1)
  const totals = await ledger.totals()
  const stages = await ledger.find('stage')
  const generated = new Set(stages.filter(({ stage }) => stage === 'generate').map(({ round }) => round))
  const surplus = totals.rounds.filter(({ round }) => generated.has(round)).reduce((sum, { calls, filtered }) => sum + calls - filtered, 0)
  const waiting = await waitingAttempts(ledger)
  const waitingNanoUsd = waiting.reduce((sum, { reservedNanoUsd }) => sum + (reservedNanoUsd ?? 0), 0)
  const costUsd = totals.unpricedCalls > 0 ? null : toUsd(totals.settledNanoUsd)
  return {
    run: run!.runId,
    recipe: run!.config.recipe as string,
    ...stateShown(state ?? { state: 'created', reason: '' }, held),
    rounds: { done: stages.filter(({ stage }) => stage === 'reseed').length, planned: config.rounds },
    calls: totals.calls,
    surplusCalls: surplus,
    raw: totals.raw,
    kept: totals.kept,
    rejected: totals.rejected,
    checks: sumFindings(stages.map(({ summary }) => summary.checks)),
    followUpCalls: totals.followUpCalls,
    embedCalls: totals.embedCalls,
    inputTokens: totals.inputTokens,
    cachedInputTokens: totals.cachedInputTokens,
    outputTokens: totals.outputTokens,
    reasoningTokens: totals.reasoningTokens,
    costUsd,
    embedUsd: costUsd === null ? null : toUsd(totals.embedNanoUsd),
    projectedUsd: state?.state === 'done' || state?.state === 'cancelled' ? null : projectCostUsd(config, totals),
    uncertainUsd: toUsd(totals.uncertainNanoUsd + totals.openNanoUsd - waitingNanoUsd),
    uncertainAttempts: totals.uncertainAttempts + totals.openAttempts - waiting.length,
    waitingAttempts: waiting.length,
    waitingUsd: toUsd(waitingNanoUsd),
    costPerKeptUsd: costUsd === null || totals.kept === 0 ? null : costUsd / totals.kept,
    steps: totals.steps,
    epochs: epochsOf(totals, new Map(stages.filter(({ stage }) => stage === 'compose').map(({ round, summary }) => [round, Number(summary.pool)]))),
    maskedShare: maskedShareOf(totals, stages),
    batchDiversity: totals.meanBatchDiversity,
    conflictsPerBatch: totals.batches === 0 ? null : totals.batchConflicts / totals.batches,
    seedsPromoted: totals.seedsPromoted,
    seedsEvicted: totals.seedsEvicted,
    evaluations: evaluationsOf(await ledger.scores()),
    warnings: [...new Set(stages.flatMap(({ summary }) => (typeof summary.warning === 'string' ? [summary.warning] : [])))],
    digest: await ledger.digest(),
  }
}

function sumFindings(rounds: readonly unknown[]): Record<string, CheckFindings> {
  const sums: Record<string, CheckFindings> = {}
  for (const round of rounds as (Record<string, CheckFindings> | undefined)[]) {
    for (const [id, { dropped, flagged }] of Object.entries(round ?? {})) {
      const before = sums[id] ?? { dropped: 0, flagged: 0 }
      sums[id] = { dropped: before.dropped + dropped, flagged: before.flagged + flagged }
    }
  }
  return sums
}

function epochsOf({ rounds }: Totals, poolOfRound: ReadonlyMap<number, number>): number {
  return rounds.reduce((sum, { round, batchExamples }) => sum + (batchExamples === 0 ? 0 : batchExamples / (poolOfRound.get(round) ?? Number.NaN)), 0)
}

function maskedShareOf({ rounds }: Totals, stages: readonly StageFact[]): number | null {
  const maskedIn = new Map(
    stages.flatMap(({ stage, round, summary }) => (stage === 'train' && typeof summary.maskedRows === 'number' ? [[round, summary.maskedRows]] : [])),
  )
  const rows = rounds.reduce((sum, { round, batchExamples }) => sum + (maskedIn.has(round) ? batchExamples : 0), 0)
  return rows === 0 ? null : [...maskedIn.values()].reduce((sum, masked) => sum + masked, 0) / rows
}

/** By evaluator and round, in order of the rounds. */
export function evaluationsOf(scores: readonly ScoreTotals[]): EvaluationReport[] {
  const byModel = Map.groupBy(scores, ({ evaluator, round }) => `${evaluator}/${round}`)
  return [...byModel.values()].map(evaluationOf).sort((a, b) => a.round - b.round)
}

function evaluationOf(groups: readonly ScoreTotals[]): EvaluationReport {
  const sum = (field: 'items' | 'total' | 'ones' | 'zeros'): number => groups.reduce((all, group) => all + group[field], 0)
  const items = sum('items')
  return {
    evaluator: groups[0]!.evaluator,
    round: groups[0]!.round,
    items,
    mean: sum('total') / items,
    interval: sum('ones') + sum('zeros') === items ? wilsonInterval(sum('ones'), items) : null,
    byGroup: Object.fromEntries(groups.map(({ group, total, items: own }) => [group, total / own])),
  }
}

/** The seeds that feedback brought in, in order. */
export async function promotedSeeds(ledger: Ledger): Promise<readonly SeedEventFact[]> {
  return (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
}
