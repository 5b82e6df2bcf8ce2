import { createRng } from '@sedi/core'
import { evaluators, holm, type Interval, matchedPairsInterval, mcNemar, pairedBootstrap, signFlipTest, tInterval } from '@sedi/evaluation'
import type { Metric } from '@sedi/spec'
import type { EvaluationComparison, ScoreDifference } from './comparison.ts'

/** The scores of one run's model by one evaluator. */
export type ModelScores = {
  readonly label: string
  readonly round: number
  readonly scores: ReadonlyMap<string, number>
}

/** Items by id with the group they belong to. */
export type Groups = ReadonlyMap<string, string>

/** Compares each model with the first on the items that all have a score for. Random numbers only place the ends of bootstrap intervals; they are the same each time. */
export function compareScores(evaluator: string, models: readonly ModelScores[], groups: Groups): Omit<EvaluationComparison, 'replicates'> {
  const metric = metricOf(evaluator)
  const itemIds = [...groups.keys()].filter((id) => models.every(({ scores }) => scores.has(id)))
  const valuesOf = ({ scores }: ModelScores): number[] => itemIds.map((id) => scores.get(id)!)
  const means = models.map((model) => ({ label: model.label, round: model.round, mean: sum(valuesOf(model)) / itemIds.length }))
  const unscored = models.flatMap(({ label, scores }) => {
    const ids = [...groups.keys()].filter((id) => !scores.has(id))
    return ids.length === 0 ? [] : [{ label, itemIds: ids }]
  })
  const [first, ...others] = models
  const raw = itemIds.length === 0 ? [] : others.map((other) => differenceOf(first!, other, itemIds, groups, valuesOf(first!), valuesOf(other)))
  const adjusted = holm(raw.map(({ p }) => p))
  const differences = raw.map((difference, i) => ({ ...difference, adjustedP: adjusted[i]!, higher: higherOf(difference, adjusted[i]!) }))
  const isShare = metric === null || (metric.range[0] === 0 && metric.range[1] === 1)
  return { evaluator, isShare, higherIsBetter: metric?.higherIsBetter ?? true, items: itemIds.length, unscored, means, differences }
}

type RawDifference = Omit<ScoreDifference, 'adjustedP' | 'higher'>

function differenceOf(
  first: ModelScores,
  other: ModelScores,
  itemIds: readonly string[],
  groups: Groups,
  before: readonly number[],
  after: readonly number[],
): RawDifference {
  const differences = after.map((value, i) => value - before[i]!)
  const { mean, low, high } = pairedBootstrap(after, before, { rng: createRng(1, 'compare', 'items') })
  const binary = [...before, ...after].every((value) => value === 0 || value === 1)
  const counts = binary ? mcNemar(differences.filter((d) => d > 0).length, differences.filter((d) => d < 0).length) : null
  const p = counts?.exact ?? signFlipTest(differences, { rng: createRng(1, 'compare', 'signs'), resamples: 20_000 }).p
  const ofGroup = Map.groupBy(differences.keys(), (i) => groups.get(itemIds[i]!)!)
  const byGroup = [...ofGroup].map(([group, positions]) => ({
    group,
    items: positions.length,
    ...groupDifference(
      positions.map((i) => differences[i]!),
      binary,
    ),
  }))
  return { from: first.label, to: other.label, difference: mean, interval: { low, high }, mcNemar: counts, p, byGroup }
}

/** Groups are small: intervals that are not too narrow there. */
function groupDifference(differences: readonly number[], binary: boolean): Interval & { readonly difference: number } {
  if (binary) return matchedPairsInterval(differences.filter((d) => d > 0).length, differences.filter((d) => d < 0).length, differences.length)
  const { mean, low, high } = tInterval(differences)
  return { difference: mean, low, high }
}

function higherOf({ from, to, interval }: RawDifference, adjustedP: number): string | null {
  if (adjustedP >= 0.05) return null
  return interval.low > 0 ? to : interval.high < 0 ? from : null
}

/** null for an evaluator that is not ours. */
function metricOf(evaluator: string): Metric | null {
  const known: Readonly<Record<string, { readonly metric: Metric }>> = evaluators
  return known[evaluator]?.metric ?? null
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
