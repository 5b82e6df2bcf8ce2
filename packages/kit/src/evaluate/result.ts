import {
  type Interval,
  type Judgement,
  type LengthControlled,
  lengthControlledWinRate,
  lengthOf,
  preferenceOf,
  readVerdict,
  evaluators as registered,
  type WinRate,
  wilsonInterval,
  winRateOf,
} from '@sedi/evaluation'
import { type ItemFailure, toUsd } from '@sedi/pipeline'
import { type EvalFact, type Evaluator, type Ledger, type Metric, type RunState, SediError } from '@sedi/spec'
import { callIdOf } from './accounted-calls.ts'
import type { EvaluationConfig } from './description.ts'
import type { EvaluationItem } from './items.ts'

/** One evaluator's figures. Means are over the items that have a score. */
export type Measured = {
  readonly evaluator: string
  readonly metric: Metric
  readonly items: number
  readonly scored: number
  /** null while nothing is scored. */
  readonly mean: number | null
  /** What the mean would be if every item without a score had the lowest, or the highest, there is; null when all have one. */
  readonly bounds: readonly [number, number] | null
  /** 95 % over items, where every score is 0 or 1. */
  readonly interval: Interval | null
  readonly byGroup: Readonly<Record<string, { readonly scored: number; readonly mean: number }>>
  /** How many have no score, by reason; and which. */
  readonly failed: Readonly<Record<string, number>>
  readonly failures: readonly ItemFailure[]
  /** Of an evaluator that has a judge. */
  readonly judged: Judged | null
}

export type Judged = WinRate & { readonly lengthControlled: LengthControlled | { readonly impossible: string } }

/** What the evaluation has asked for so far. Dollars; null where a price is unknown. */
export type EvaluationCost = {
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number | null
  /** The most that attempts without a recorded answer may have cost on top. */
  readonly uncertainUsd: number
  readonly uncertainAttempts: number
}

export type EvaluationResult = {
  readonly evaluation: string
  readonly state: RunState | 'created'
  readonly config: EvaluationConfig
  readonly items: number
  readonly measured: readonly Measured[]
  readonly cost: EvaluationCost
}

/** Reads an evaluation from its ledger. While it is not done, there are no failures in it: they are counted at its end. Throws `invalid-input` when it is none. */
export async function readEvaluation(ledger: Ledger): Promise<EvaluationResult> {
  const [run] = await ledger.find('run')
  if (run?.config.recipe !== 'evaluation')
    throw new SediError(
      'invalid-input',
      `${ledger.runId} is a run and no evaluation. Evaluate it first: sedi evaluate ${ledger.runId}. Runs are compared with “sedi compare”.`,
    )
  const config = run.config as unknown as EvaluationConfig
  const items = await ledger.find('held-out')
  const [finished] = await ledger.find('stage', { stage: 'evaluate' })
  const groups = new Map(items.map(({ itemId, group }) => [itemId, group]))
  const measured =
    (finished?.summary.figures as readonly Measured[] | undefined) ?? (await Promise.all(config.evaluators.map((id) => soFar(id, groups, ledger))))
  const totals = await ledger.totals()
  return {
    evaluation: run.runId,
    state: (await ledger.find('run-state')).at(-1)?.state ?? 'created',
    config,
    items: items.length,
    measured,
    cost: {
      calls: totals.calls,
      inputTokens: totals.inputTokens,
      outputTokens: totals.outputTokens,
      costUsd: totals.unpricedCalls > 0 ? null : toUsd(totals.settledNanoUsd),
      uncertainUsd: toUsd(totals.uncertainNanoUsd + totals.openNanoUsd),
      uncertainAttempts: totals.uncertainAttempts + totals.openAttempts,
    },
  }
}

async function soFar(id: string, groups: ReadonlyMap<string, string>, ledger: Ledger): Promise<Measured> {
  return measure((registered as Readonly<Record<string, Evaluator>>)[id]!, await ledger.find('eval', { evaluator: id }), [], groups)
}

type Evaluated = { readonly items: readonly EvaluationItem[]; readonly evaluators: readonly Evaluator[] }

/** The figures of a finished evaluation. */
export async function figuresOf(
  { items, evaluators }: Evaluated,
  ledger: Ledger,
  failures: Readonly<Record<string, readonly ItemFailure[]>>,
): Promise<readonly Measured[]> {
  const groups = new Map(items.map(({ id, group }) => [id, group]))
  return Promise.all(
    evaluators.map(async (evaluator) => {
      const scores = await ledger.find('eval', { evaluator: evaluator.id })
      const measured = measure(evaluator, scores, failures[evaluator.id] ?? [], groups)
      return evaluator.needs.judge ? { ...measured, judged: await judgedOf(items, scores, ledger) } : measured
    }),
  )
}

function measure({ id, metric }: Evaluator, scores: readonly EvalFact[], failures: readonly ItemFailure[], groups: ReadonlyMap<string, string>): Measured {
  const values = scores.map(({ value }) => value)
  const sum = values.reduce((all, value) => all + value, 0)
  const [lowest, highest] = metric.range
  const all = values.length + failures.length
  const isClosed = values.length > 0 && values.every((value) => value === 0 || value === 1)
  return {
    evaluator: id,
    metric,
    items: groups.size,
    scored: values.length,
    mean: values.length === 0 ? null : sum / values.length,
    bounds: failures.length === 0 ? null : [(sum + failures.length * lowest) / all, (sum + failures.length * highest) / all],
    interval: isClosed ? wilsonInterval(sum, values.length) : null,
    byGroup: meansByGroup(scores, groups),
    failed: Object.fromEntries([...Map.groupBy(failures, ({ reason }) => reason)].map(([reason, own]) => [reason, own.length])),
    failures,
    judged: null,
  }
}

function meansByGroup(scores: readonly EvalFact[], groups: ReadonlyMap<string, string>): Measured['byGroup'] {
  const byGroup = Map.groupBy(scores, ({ itemId }) => groups.get(itemId) ?? '')
  return Object.fromEntries(
    [...byGroup].map(([group, own]) => [group, { scored: own.length, mean: own.reduce((sum, { value }) => sum + value, 0) / own.length }]),
  )
}

/** Reads the recorded verdicts again, of the items that have both; of equal answers there are none. */
async function judgedOf(items: readonly EvaluationItem[], scores: readonly EvalFact[], ledger: Ledger): Promise<Judged | null> {
  const calls = new Map((await ledger.find('call')).map((call) => [call.callId, call]))
  const scoreOf = new Map(scores.map((score) => [score.itemId, score]))
  const judgements = items.flatMap(({ id, baseline, difficulty }, number): (Judgement & { readonly difficulty: number | undefined })[] => {
    const [first, second] = [calls.get(callIdOf(number, 'student-first')), calls.get(callIdOf(number, 'student-second'))]
    const score = scoreOf.get(id)
    if (score === undefined) return []
    const lengths = [lengthOf(score.prediction ?? ''), lengthOf(baseline ?? '')] as const
    if (score.prediction === baseline) return [{ id, shownFirst: 'equal', shownSecond: 'equal', lengths, difficulty }]
    if (first === undefined || second === undefined) return []
    return [{ id, shownFirst: readVerdict(id, first), shownSecond: readVerdict(id, second), lengths, difficulty }]
  })
  if (judgements.length === 0) return null
  return { ...winRateOf(judgements), lengthControlled: lengthControlledWinRate(judgements.map((one) => ({ ...one, preference: preferenceOf(one) }))) }
}
