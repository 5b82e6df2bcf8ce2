import { drawPlot, type LineSeries, linePlot, type Report, type ReportPart } from '@sedi/evaluation'
import { type MetricName, metricDescriptions } from '../files/measure-datasets.ts'
import { formatCount, formatPercent, formatSigned, formatUsd } from '../format.ts'
import type { RejectionPoint } from './rejection-curve.ts'
import type { ReplayCosts, ThresholdCosts } from './replay-costs.ts'
import { selfInstructThreshold } from './shadow-baseline.ts'

/** The measures that the table shows, of those that were taken. */
const shownReplayMetrics = ['vendi', 'nearestRougeL', 'verbNounPairs'] as const satisfies readonly MetricName[]

const relaxedThreshold = 0.85

/**
 * What may be quoted of one recorded stream, whichever way it falls: the run’s own threshold (0.85 for a file, or where the run’s is Self-Instruct’s) beside
 * Self-Instruct’s 0.7. Undefined when one of the two was not replayed, when the cosine varies, or nothing was kept.
 */
export function replayQuote(costs: ReplayCosts, name: string): string | undefined {
  if (costs.by !== 'rouge-l') return undefined
  const own = costs.recorded?.threshold ?? null
  const other = own === null || own === selfInstructThreshold ? relaxedThreshold : own
  const strict = costs.thresholds.find(({ threshold }) => threshold === selfInstructThreshold)
  const relaxed = costs.thresholds.find(({ threshold }) => threshold === other)
  if (strict === undefined || relaxed === undefined || strict.kept === 0 || relaxed.kept === 0) return undefined
  return [
    `On ${name}, one recorded stream of ${formatCount(costs.raw)} items, Self-Instruct’s filter (ROUGE-L at most ${strict.threshold}) keeps ${countText(strict)} and the threshold ${relaxed.threshold} keeps ${countText(relaxed)}${priceText(strict, relaxed, costs)}.`,
    varietyText(strict, relaxed, costs.diversity),
    ' This is a replay of the same answers at both thresholds, not two runs: it shows what the filter does to the bill of one stream, and says nothing about what a model learns from either set.',
  ].join('')
}

const countText = ({ kept, rejectedShare }: ThresholdCosts): string => `${formatCount(kept)} (${formatPercent(rejectedShare)} rejected)`

function priceText(strict: ThresholdCosts, relaxed: ThresholdCosts, costs: ReplayCosts): string {
  const change = priceChange(relaxed, strict, costs)
  if (change === undefined) return ''
  if (strict.costPerKeptUsd === null || relaxed.costPerKeptUsd === null) return `: for each one kept that is ${change} of the cost, whatever the stream cost`
  return `: ${formatUsd(strict.costPerKeptUsd, 6)} and ${formatUsd(relaxed.costPerKeptUsd, 6)} for each instruction kept, ${change}`
}

/** How much more or less each one kept costs than at another threshold: `−27.0 %`. A file's bill is the same at both, so it need not be known. */
function priceChange(one: ThresholdCosts, reference: ThresholdCosts, { cost, run }: ReplayCosts): string | undefined {
  if (one.kept === 0 || reference.kept === 0 || (cost === null && run !== null)) return undefined
  const ratio =
    one.costPerKeptUsd === null || reference.costPerKeptUsd === null || reference.costPerKeptUsd === 0
      ? reference.kept / one.kept
      : one.costPerKeptUsd / reference.costPerKeptUsd
  return `${formatSigned((ratio - 1) * 100)} %`
}

function varietyText(strict: ThresholdCosts, relaxed: ThresholdCosts, measured: ReplayCosts['diversity']): string {
  if (measured === null || strict.diversity === null || relaxed.diversity === null) return ''
  const [from, to] = [strict.diversity.vendi, relaxed.diversity.vendi]
  return ` Of ${measured.size} texts drawn from each, the Vendi score (an effective number of different texts) is ${shortFigure(from.mean)} at ${strict.threshold} and ${shortFigure(to.mean)} at ${relaxed.threshold}.`
}

const digitsOf = (value: number): number => (value >= 10 ? 1 : 3)

const shortFigure = (value: number): string => value.toFixed(digitsOf(value))

const estimateText = ({ mean, sd }: { readonly mean: number; readonly sd: number }): string => `${shortFigure(mean)} ± ${sd.toFixed(digitsOf(mean))}`

/** A row for each threshold, under a heading row. Columns that nothing is known for are left out. */
export function replayCostsTable(costs: ReplayCosts): string[][] {
  const { thresholds, recorded, by, diversity } = costs
  const reference = by === 'rouge-l' ? thresholds.find(({ threshold }) => threshold === selfInstructThreshold) : undefined
  const changes = new Map(thresholds.map((one) => [one, reference && priceChange(one, reference, costs)]))
  type Column = { readonly head: string; readonly cell: (one: ThresholdCosts) => string; readonly given?: boolean }
  const columns: readonly Column[] = [
    { head: by === 'cosine' ? 'cosine ≤' : 'ROUGE-L ≤', cell: ({ threshold }) => `${threshold}${threshold === recorded?.threshold ? ' (the run’s)' : ''}` },
    { head: 'kept', cell: ({ kept }) => formatCount(kept) },
    { head: 'rejected', cell: ({ rejectedShare }) => formatPercent(rejectedShare) },
    { head: 'similar', cell: ({ similar }) => formatCount(similar) },
    {
      head: 'similar-meaning',
      cell: (one) => formatCount(one['similar-meaning'] ?? 0),
      given: thresholds.some((one) => one['similar-meaning'] !== undefined),
    },
    { head: 'unanswered', cell: ({ unanswered = 0 }) => formatCount(unanswered), given: thresholds.some(({ unanswered = 0 }) => unanswered > 0) },
    { head: '$ per kept', cell: ({ costPerKeptUsd }) => formatUsd(costPerKeptUsd, 6), given: thresholds.some(({ costPerKeptUsd }) => costPerKeptUsd !== null) },
    { head: `against ${selfInstructThreshold}`, cell: (one) => changes.get(one) ?? '–', given: [...changes.values()].some((change) => change !== undefined) },
    ...shownReplayMetrics.map((metric) => ({
      head: metric,
      cell: (one: ThresholdCosts) => (one.diversity === null ? '–' : estimateText(one.diversity[metric])),
      given: diversity !== null,
    })),
  ]
  const shown = columns.filter(({ given = true }) => given)
  return [shown.map(({ head }) => head), ...thresholds.map((one) => shown.map(({ cell }) => cell(one)))]
}

/** What the columns mean, and what a replay cannot show. */
export function replayCostsCaption({ cost, diversity, recorded, by }: ReplayCosts): string[] {
  return [
    `Each threshold has a pool of its own, which the texts meet in the order of the stream${recorded?.threshold == null ? '' : `; at ${recorded.threshold} it is exactly what the run kept (${formatCount(recorded.kept)})`}. Rejected: of everything that was written, broken items too. ${by === 'cosine' ? 'The semantic filter’s threshold varies.' : ''}`.trim(),
    ...(cost === null
      ? []
      : [
          `The bill is the same at every threshold, ${formatUsd(cost.usd)}${cost.followUpUsd === 0 ? '' : `, but for what is asked later about items that pass (${formatUsd(cost.followUpUsd)} in the run; elsewhere at its mean price; an item for which the run asked nothing counts as kept when it passes)`}.`,
        ]),
    ...(diversity === null
      ? []
      : [
          `Diversity: mean ± sd over ${diversity.repetitions} subsamples of ${diversity.size} texts (random seed ${diversity.randomSeed}), which is the spread of drawing texts, not of running again. ${shownReplayMetrics.map((metric) => `${metric}: ${metricDescriptions[metric]}`).join('. ')}.`,
        ]),
  ]
}

export type ReplayReportOptions = {
  /** Thresholds whose curves are drawn. @default all that were replayed */
  readonly curves?: readonly number[] | undefined
}

/** The replay as a report with its plots, for `reportHtml` and `reportMarkdown`. Throws `missing-dependency` without Vega. */
export async function replayCostsReport(costs: ReplayCosts, name: string, { curves }: ReplayReportOptions = {}): Promise<Report> {
  const quote = replayQuote(costs, name)
  const drawn = costs.thresholds.filter(({ threshold }) => curves === undefined || curves.includes(threshold))
  return {
    title: `Thresholds over one stream: ${name}`,
    parts: [
      ...(quote === undefined ? [] : [{ kind: 'quote', text: quote } as const]),
      {
        kind: 'text',
        text: `${formatCount(costs.raw)} items, of which ${formatCount(costs.candidates)} reached the similarity filter, after ${formatCount(costs.known)} ${costs.run === null ? 'known rows' : 'human seeds'}.`,
      },
      { kind: 'heading', text: 'Thresholds' },
      { kind: 'table', rows: replayCostsTable(costs) },
      ...replayCostsCaption(costs).map((text): ReportPart => ({ kind: 'text', text })),
      ...(await costPlots(costs)),
      { kind: 'heading', text: 'Rejections grow with the pool' },
      {
        kind: 'text',
        text: 'A share of rejections has no meaning without the number of candidates it is over: the larger the pool, the more of what comes next resembles something in it. Compare thresholds, and streams, at equal numbers of candidates.',
      },
      { kind: 'table', rows: rejectionTable(drawn) },
      ...(await curvePlots(drawn)),
    ],
  }
}

async function costPlots({ thresholds, by, diversity }: ReplayCosts): Promise<ReportPart[]> {
  const x = { title: by === 'cosine' ? 'cosine threshold' : 'ROUGE-L threshold', format: '.2f' }
  const parts: ReportPart[] = []
  const line = (name: string, alt: string, title: string, y: Parameters<typeof linePlot>[0]['y'], points: LineSeries['points'], subtitle?: string) =>
    drawPlot(linePlot({ title, subtitle, x, y, series: [{ name: y.title, points }] })).then((svg) => parts.push({ kind: 'plot', name, alt, svg }))
  const priced = thresholds.filter(({ costPerKeptUsd }) => costPerKeptUsd !== null)
  if (priced.length > 1) {
    const points = priced.map(({ threshold, costPerKeptUsd }) => ({ x: threshold, y: costPerKeptUsd! * 1000 }))
    await line(
      'cost',
      'Dollars for a thousand kept instructions at each threshold',
      'Dollars for a thousand kept instructions',
      { title: 'US dollars', format: '$.3~f', zero: true },
      points,
    )
  } else if (thresholds.length > 1) {
    await line(
      'kept',
      'Texts kept at each threshold',
      'Texts kept',
      { title: 'texts', format: ',d', zero: true },
      thresholds.map(({ threshold, kept }) => ({ x: threshold, y: kept })),
    )
  }
  const measured = thresholds.filter((one) => one.diversity !== null)
  if (diversity !== null && measured.length > 1) {
    const points = measured.map(({ threshold, diversity: of }) => ({
      x: threshold,
      y: of!.vendi.mean,
      low: of!.vendi.mean - of!.vendi.sd,
      high: of!.vendi.mean + of!.vendi.sd,
    }))
    const subtitle = `Vendi score of ${diversity.size} texts drawn from what was kept; whiskers: ± sd over draws`
    await line('variety', 'Vendi score of equal-size subsamples at each threshold', 'How varied what was kept is', { title: 'Vendi score' }, points, subtitle)
  }
  return parts
}

async function curvePlots(thresholds: readonly ThresholdCosts[]): Promise<ReportPart[]> {
  const series = (x: (point: RejectionPoint) => number): LineSeries[] =>
    thresholds.map(({ threshold, curve }) => ({ name: String(threshold), points: curve.map((point) => ({ x: x(point), y: point.rejectedShare })) }))
  const y = { title: 'rejected so far', format: '.0%', zero: true }
  const plot = async (name: string, title: string, xTitle: string, x: (point: RejectionPoint) => number): Promise<ReportPart> => {
    const lines = linePlot({
      title,
      subtitle: 'Of the candidates that had reached the similarity filter by then',
      x: { title: xTitle, format: ',d', zero: true },
      y,
      series: series(x),
      points: false,
    })
    return { kind: 'plot', name, alt: `${title}, a line for each threshold`, svg: await drawPlot(lines) }
  }
  if (thresholds.every(({ curve }) => curve.length < 2)) return []
  return [
    await plot('rejected-by-candidates', 'Rejected, by candidates', 'candidates', ({ candidates }) => candidates),
    await plot('rejected-by-pool', 'Rejected, by size of the pool', 'instructions in the pool', ({ kept }) => kept),
  ]
}

/** Shares at some numbers of candidates, and the size of the pool then. */
function rejectionTable(thresholds: readonly ThresholdCosts[]): string[][] {
  const all = thresholds[0]?.curve ?? []
  const total = all.at(-1)?.candidates ?? 0
  const wanted = [...new Set([total / 32, total / 16, total / 8, total / 4, total / 2, total].map((count) => nearest(all, count)))].filter((count) => count > 0)
  return [
    ['candidates', ...thresholds.map(({ threshold }) => `${threshold}: rejected (pool)`)],
    ...wanted.map((count) => [
      formatCount(count),
      ...thresholds.map(({ curve }) => {
        const point = curve.find(({ candidates }) => candidates === count)
        return point === undefined ? '–' : `${formatPercent(point.rejectedShare)} (${formatCount(point.kept)})`
      }),
    ]),
  ]
}

/** The recorded place closest to a number of candidates. */
function nearest(curve: readonly RejectionPoint[], count: number): number {
  return curve.reduce((best, { candidates }) => (Math.abs(candidates - count) < Math.abs(best - count) ? candidates : best), 0)
}
