import type { Interval, McNemar } from '@sedi/evaluation'
import type { DatasetMetrics } from '../../files/measure-datasets.ts'
import type { RunReport } from '../run-report.ts'

/** Runs side by side: what each did, and how their students answered the same questions. Differences are “later run − first run”. */
export type RunComparison = {
  readonly runs: readonly ComparedRun[]
  /** Keys of the configuration that change results and are not the same in all runs, with each run's value. */
  readonly configuration: readonly { readonly key: string; readonly values: readonly unknown[] }[]
  /** The test set that all runs share; null when not all have one. */
  readonly heldOut: { readonly items: number; readonly groups: number } | null
  /** One for each evaluator that all runs were measured by. */
  readonly evaluations: readonly EvaluationComparison[]
  /** Of what each run kept, on subsamples of equal size; null when not asked for, or when a run kept too little. */
  readonly diversity: DatasetMetrics | null
  /** What a reader has to know beside the figures. */
  readonly notes: readonly string[]
  /** What may be quoted, as a whole: the result, whichever way it falls, what it cost, and how far it reaches. */
  readonly quote: string
}

export type ComparedRun = {
  /** `A`, `B`, … in the order given. */
  readonly label: string
  /** Label and recipe: `B sedi`. */
  readonly name: string
  readonly randomSeed: number
  readonly report: RunReport
  /** Share of written instructions that were kept, with its 95 % Wilson interval; null when nothing was written. */
  readonly keptShare: (Interval & { readonly share: number }) | null
  /** What had been spent and kept after each answer, in order; at most 200 points. */
  readonly spending: readonly SpendingPoint[]
}

export type SpendingPoint = { readonly calls: number; readonly costUsd: number | null; readonly kept: number }

export type EvaluationComparison = {
  readonly evaluator: string
  /** Whether scores are shares of 1 and read as per cent. */
  readonly isShare: boolean
  readonly higherIsBetter: boolean
  /** Items that every run has a score for; only these are compared. */
  readonly items: number
  /** Items that a run has no score for. */
  readonly unscored: readonly { readonly label: string; readonly itemIds: readonly string[] }[]
  /** Of each run: the round whose model is compared, and its mean over those items. */
  readonly means: readonly { readonly label: string; readonly round: number; readonly mean: number }[]
  /** Of every other run to the first. */
  readonly differences: readonly ScoreDifference[]
  readonly replicates: ReplicateComparison | null
}

export type ScoreDifference = {
  readonly from: string
  readonly to: string
  /** Mean of `to` − mean of `from`. */
  readonly difference: number
  /** 95 %, paired bootstrap (BCa) over items. */
  readonly interval: Interval
  /** Where all scores are 0 or 1: `onlyFirst` is right in `to` only, `onlySecond` in `from` only. */
  readonly mcNemar: McNemar | null
  /** Exact McNemar where there is one, else sign flips over items; two-sided. */
  readonly p: number
  /** Holm's adjustment over the runs compared with the first. */
  readonly adjustedP: number
  /** Which model scores higher on items like these: only where the interval excludes 0 and the adjusted p is below 0.05. */
  readonly higher: string | null
  readonly byGroup: readonly (Interval & { readonly group: string; readonly items: number; readonly difference: number })[]
}

/** Two arms whose runs come in pairs of one random seed. */
export type ReplicateComparison = {
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly fromRecipe: string
  readonly toRecipe: string
  readonly differences: readonly number[]
  readonly mean: number
  /** 95 % t interval over pairs. */
  readonly interval: Interval
  /** Sign flips over pairs; two-sided. */
  readonly p: number
  /** 95 %, bootstrap over pairs and items. */
  readonly overItemsToo: Interval
}
