import { type Interval, wilsonInterval } from '@sedi/evaluation'
import { toUsd } from '@sedi/pipeline'
import type { BatchFact, EvalFact, Ledger, RunConfig, RunState, SeedEventFact, Totals } from '@sedi/spec'

/** A run in numbers, read from its ledger alone. Dollars; null where a price is unknown or there is nothing to divide by. */
export type RunReport = {
  readonly run: string
  readonly recipe: string
  readonly state: RunState | 'created'
  readonly reason: string
  readonly rounds: { readonly done: number; readonly planned: number }
  readonly calls: number
  /** Answers bought beyond the target: recorded and paid, outside the pool. */
  readonly surplusCalls: number
  readonly raw: number
  readonly kept: number
  readonly rejected: Totals['rejected']
  readonly inputTokens: number
  readonly outputTokens: number
  /** Settled cost of recorded answers. */
  readonly costUsd: number | null
  /** The most that attempts without a recorded answer may have cost on top. */
  readonly uncertainUsd: number
  readonly uncertainAttempts: number
  readonly costPerKeptUsd: number | null
  readonly steps: number
  /** Passes over the pool as it was in each round, added up. */
  readonly epochs: number
  /** Means over batches. */
  readonly batchDiversity: number | null
  readonly conflictsPerBatch: number | null
  readonly seedsPromoted: number
  readonly seedsEvicted: number
  readonly evaluations: readonly EvaluationReport[]
  readonly digest: string
}

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

export async function reportRun(ledger: Ledger): Promise<RunReport> {
  const [run] = await ledger.find('run')
  const config = run!.config as unknown as RunConfig
  const state = (await ledger.find('run-state')).at(-1)
  const totals = await ledger.totals()
  const batches = await ledger.find('batch')
  const stages = await ledger.find('stage')
  const completeRounds = new Set(stages.filter(({ stage }) => stage === 'generate').map(({ round }) => round))
  const used = new Set((await ledger.find('yield')).map(({ callId }) => callId))
  const surplus = (await ledger.find('call')).filter(({ callId, round }) => completeRounds.has(round) && !used.has(callId))
  const costUsd = totals.unpricedCalls > 0 ? null : toUsd(totals.settledNanoUsd)
  return {
    run: run!.runId,
    recipe: run!.config.recipe as string,
    state: state?.state ?? 'created',
    reason: state?.reason ?? '',
    rounds: { done: stages.filter(({ stage }) => stage === 'reseed').length, planned: config.rounds },
    calls: totals.calls,
    surplusCalls: surplus.length,
    raw: totals.raw,
    kept: totals.kept,
    rejected: totals.rejected,
    inputTokens: totals.inputTokens,
    outputTokens: totals.outputTokens,
    costUsd,
    uncertainUsd: toUsd(totals.uncertainNanoUsd + totals.openNanoUsd),
    uncertainAttempts: totals.uncertainAttempts + totals.openAttempts,
    costPerKeptUsd: costUsd === null || totals.kept === 0 ? null : costUsd / totals.kept,
    steps: totals.steps,
    epochs: epochsOf(
      batches,
      stages.filter(({ stage }) => stage === 'compose').map(({ round, summary }) => [round, Number(summary.pool)]),
    ),
    batchDiversity: mean(batches.flatMap(({ diversity }) => (diversity === null ? [] : [diversity]))),
    conflictsPerBatch: mean(batches.map(({ conflicts }) => conflicts)),
    seedsPromoted: totals.seedsPromoted,
    seedsEvicted: totals.seedsEvicted,
    evaluations: await evaluationsOf(ledger),
    digest: await ledger.digest(),
  }
}

function epochsOf(batches: readonly BatchFact[], poolOfRound: readonly (readonly [number, number])[]): number {
  const pools = new Map(poolOfRound)
  return batches.reduce((sum, { round, exampleIds }) => sum + exampleIds.length / (pools.get(round) ?? Number.NaN), 0)
}

async function evaluationsOf(ledger: Ledger): Promise<EvaluationReport[]> {
  const groups = new Map((await ledger.find('held-out')).map(({ itemId, group }) => [itemId, group]))
  const scores = Map.groupBy(await ledger.find('eval'), ({ evaluator, round }) => `${evaluator}/${round}`)
  return [...scores.values()].map((facts) => evaluationOf(facts, groups)).sort((a, b) => a.round - b.round)
}

function evaluationOf(facts: readonly EvalFact[], groups: ReadonlyMap<string, string>): EvaluationReport {
  const binary = facts.every(({ value }) => value === 0 || value === 1)
  const successes = facts.filter(({ value }) => value === 1).length
  const byGroup = Map.groupBy(facts, ({ itemId }) => groups.get(itemId) ?? '')
  return {
    evaluator: facts[0]!.evaluator,
    round: facts[0]!.round,
    items: facts.length,
    mean: mean(facts.map(({ value }) => value))!,
    interval: binary ? wilsonInterval(successes, facts.length) : null,
    byGroup: Object.fromEntries([...byGroup].map(([group, own]) => [group, mean(own.map(({ value }) => value))!])),
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The seeds that feedback brought in, in order. */
export async function promotedSeeds(ledger: Ledger): Promise<readonly SeedEventFact[]> {
  return (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
}
