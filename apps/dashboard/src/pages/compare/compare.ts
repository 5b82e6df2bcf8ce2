import type { ReactNode } from 'react'
import type { Comparison } from '../../api/compare.ts'
import { formatCount, formatNumber, formatShare, formatSigned, formatUsd, nothing } from '../../format.ts'

type Evaluation = Comparison['evaluations'][number]

/** The runs' figures under each other, a row each. */
export function sidesOf({ runs, evaluations }: Comparison): readonly (readonly ReactNode[])[] {
  const row = (name: string, of: (run: Comparison['runs'][number]) => ReactNode): readonly ReactNode[] => [name, ...runs.map(of)]
  return [
    row('Recipe', ({ report }) => report.recipe),
    row('State', ({ report }) => report.state),
    row('Random seed', ({ randomSeed }) => String(randomSeed)),
    row('Answers', ({ report }) => formatCount(report.calls)),
    row('Written', ({ report }) => formatCount(report.raw)),
    row('Kept', ({ report }) => formatCount(report.kept)),
    row('Kept, of those written', ({ keptShare }) =>
      keptShare === null ? nothing : `${formatShare(keptShare.share)} [${formatShare(keptShare.low)}, ${formatShare(keptShare.high)}]`,
    ),
    row('Cost', ({ report }) => formatUsd(report.costUsd)),
    row('Dollars per kept', ({ report }) => (report.kept === 0 ? nothing : formatUsd(report.costPerKeptUsd))),
    row('Training steps', ({ report }) => formatCount(report.steps)),
    row('Passes over the pool', ({ report }) => formatNumber(report.epochs, 3)),
    ...evaluations.map((evaluation) => row(`${evaluation.evaluator}, last round`, ({ label }) => lastMean(evaluation, label))),
  ]
}

const lastMean = (evaluation: Evaluation, label: string): string => {
  const mean = evaluation.means.findLast((one) => one.label === label)
  return mean === undefined ? nothing : `${sayScore(evaluation, mean.mean)} (round ${mean.round})`
}

/** A score as its evaluator means it: a share in percent. */
const sayScore = ({ isShare }: Pick<Evaluation, 'isShare'>, value: number): string => (isShare ? formatShare(value) : formatNumber(value, 4))

/** A difference of scores; of shares in points, with one digit as the quote has it. */
export const sayDifference = (evaluation: Pick<Evaluation, 'isShare'>, value: number): string =>
  `${bare(evaluation, value)}${evaluation.isShare ? ' points' : ''}`

/** The ends of its interval. */
export const sayInterval = (evaluation: Pick<Evaluation, 'isShare'>, { low, high }: { readonly low: number; readonly high: number }): string =>
  `[${bare(evaluation, low)}, ${bare(evaluation, high)}]`

const bare = ({ isShare }: Pick<Evaluation, 'isShare'>, value: number): string =>
  isShare ? formatSigned(Math.round(value * 1000) / 10) : formatSigned(value, 3)

/** What an interval says in words: only one that leaves 0 out tells two models apart. */
export function verdictOf(evaluation: Evaluation): string {
  return evaluation.differences
    .map((one) => {
      const { from, to, difference, interval, higher, adjustedP } = one
      const range = sayInterval(evaluation, interval)
      const told = higher === null ? 'the two cannot be told apart by these items' : `${higher} scores higher`
      return `${to} − ${from}: ${sayDifference(evaluation, difference)}, 95 % interval ${range}, p = ${sayP(adjustedP)}: ${told}.`
    })
    .join(' ')
}

const sayP = (p: number): string => (p < 0.0001 ? 'under 0.0001' : formatNumber(p, 2))

/** A row for the difference over all items and for each group, the largest first. */
export function differenceRows(
  evaluation: Evaluation,
): readonly { readonly name: string; readonly items: number; readonly difference: number; readonly low: number; readonly high: number }[] {
  const [one] = evaluation.differences
  if (one === undefined) return []
  const groups = one.byGroup.map(({ group, items, difference, low, high }) => ({ name: group, items, difference, low, high }))
  return [{ name: 'all', items: evaluation.items, difference: one.difference, ...one.interval }, ...groups.toSorted((a, b) => b.difference - a.difference)]
}

/** A configured value in a few words. */
export const sayConfigured = (value: unknown): string =>
  value === undefined || value === null ? nothing : typeof value === 'string' ? value : JSON.stringify(value)

/** Long values are cut; all of it is in the run's configuration. */
export const changedIn = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text)

type Dataset = NonNullable<Comparison['diversity']>['datasets'][number]

/** A measure each, mean ± standard deviation for either run. */
export function diversityRows(datasets: readonly Dataset[]): readonly (readonly ReactNode[])[] {
  const names = Object.keys(datasets[0]?.metrics ?? {})
  return names.map((name) => [
    name,
    ...datasets.map(({ metrics }) => {
      const metric = metrics[name]
      return metric === undefined ? nothing : `${formatNumber(metric.mean, 3)} ± ${formatNumber(metric.sd, 2)}`
    }),
  ])
}
