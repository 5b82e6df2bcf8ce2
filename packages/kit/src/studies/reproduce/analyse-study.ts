import { createRng } from '@sedi/core'
import { hierarchicalBootstrap, holm, type MeanEstimate, nonInferiority, signFlipTest, tInterval } from '@sedi/evaluation'
import type { CellFigures } from './measure-cell.ts'
import type { Contrast, Study } from './study.ts'

/** An arm under a regime, over all worlds and replicates. */
export type ArmSummary = {
  readonly regime: string
  readonly arm: string
  readonly world: string
  readonly n: number
  readonly mean: Readonly<Record<SummaryMeasure, number | null>>
  /** Of accuracy, between replicates. */
  readonly sd: number
}

export const summaryMeasures = [
  'accuracy',
  'kept',
  'costUsdPerKept',
  'passes',
  'kinds',
  'wrongInPool',
  'wrongAmongPromoted',
  'masked',
  'maskPrecision',
  'maskRecall',
] as const
export type SummaryMeasure = (typeof summaryMeasures)[number]

export type ContrastResult = {
  readonly contrast: Contrast
  /** Differences a − b, one for each world and replicate; accuracy in points. */
  readonly differences: readonly number[]
  /** Over all pairs as if they were independent. */
  readonly pooled: MeanEstimate
  readonly p: number
  readonly exact: boolean
  /** Adjusted over all contrasts of the study (Holm). */
  readonly adjusted: number
  /** Worlds, replicates and items drawn again; of accuracy only. */
  readonly nested: { readonly low: number; readonly high: number } | undefined
  readonly nonInferior: { readonly lower: number; readonly shown: boolean } | undefined
  readonly worlds: readonly (MeanEstimate & { readonly world: string })[]
}

export type StudyResult = { readonly arms: readonly ArmSummary[]; readonly contrasts: readonly ContrastResult[] }

export function analyseStudy(study: Study, figures: readonly CellFigures[]): StudyResult {
  const results = study.contrasts.map((contrast) => contrastOf(contrast, study, figures))
  const adjusted = holm(results.map(({ p }) => p))
  return { arms: summarise(figures), contrasts: results.map((result, i) => ({ ...result, adjusted: adjusted[i]! })) }
}

function summarise(figures: readonly CellFigures[]): ArmSummary[] {
  const groups = Map.groupBy(figures, ({ regime, world, arm }) => `${regime}\n${world}\n${arm}`)
  return [...groups.values()].map((cells) => {
    const { regime, arm, world } = cells[0]!
    const mean = Object.fromEntries(summaryMeasures.map((measure) => [measure, meanOf(cells.map((cell) => cell[measure]))])) as ArmSummary['mean']
    return { regime, arm, world, n: cells.length, mean, sd: tInterval(cells.map(({ accuracy }) => accuracy)).sd }
  })
}

/** Null when none has a figure. */
function meanOf(values: readonly (number | null)[]): number | null {
  const given = values.filter((value) => value !== null)
  return given.length === 0 ? null : given.reduce((sum, value) => sum + value, 0) / given.length
}

function contrastOf(contrast: Contrast, { worlds }: Study, figures: readonly CellFigures[]): Omit<ContrastResult, 'adjusted'> {
  const scale = contrast.measure === 'accuracy' ? 100 : 1
  const byWorld = worlds.map(({ id }) => ({ world: id, pairs: pairsOf(contrast, id, figures) }))
  const differencesOf = (pairs: readonly Pair[]): number[] => pairs.map(({ a, b }) => scale * (a[contrast.measure] - b[contrast.measure]))
  const differences = byWorld.flatMap(({ pairs }) => differencesOf(pairs))
  const { p, exact } = signFlipTest(differences, { rng: createRng(1, 'sign-flip', contrast.id) })
  const nested =
    contrast.measure === 'accuracy' ? byWorld.map(({ pairs }) => pairs.map(({ a, b }) => a.items.map((value, i) => 100 * (value - b.items[i]!)))) : undefined
  return {
    contrast,
    differences,
    pooled: tInterval(differences),
    p,
    exact,
    nested: nested && hierarchicalBootstrap(nested, { rng: createRng(1, 'bootstrap', contrast.id), resamples: 2000 }),
    nonInferior: contrast.margin === undefined ? undefined : nonInferiority(differences, contrast.margin),
    worlds: byWorld.map(({ world, pairs }) => ({ world, ...tInterval(differencesOf(pairs)) })),
  }
}

type Pair = { readonly a: CellFigures; readonly b: CellFigures }

function pairsOf({ regime, a, b }: Contrast, world: string, figures: readonly CellFigures[]): Pair[] {
  const of = (arm: string) => figures.filter((cell) => cell.world === world && cell.regime === regime && cell.arm === arm)
  const others = new Map(of(b).map((cell) => [cell.replicate, cell]))
  return of(a).flatMap((cell) => {
    const other = others.get(cell.replicate)
    return other === undefined ? [] : [{ a: cell, b: other }]
  })
}
