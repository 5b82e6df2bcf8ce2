import { drawPlot, intervalPlot, type LinePoint, linePlot, type ReportPart, wilsonInterval } from '@sedi/evaluation'
import { formatUsd } from '../format.ts'
import type { RunStory } from './tell-run.ts'

type Plot = Extract<ReportPart, { readonly kind: 'plot' }>
type Specification = Parameters<typeof drawPlot>[0]

async function plot(name: string, alt: string, specification: Specification): Promise<Plot> {
  return { kind: 'plot', name, alt, svg: await drawPlot(specification) }
}

/** Kept / written of each round, with intervals. None below two rounds. */
export async function yieldPlot({ rounds }: RunStory): Promise<Plot[]> {
  const written = rounds.filter(({ raw }) => raw > 0)
  if (written.length < 2) return []
  const specification = linePlot({
    title: 'Share of what was written that was kept',
    subtitle: 'By round, with 95 % intervals; it falls as the pool fills',
    x: { title: 'round', whole: true, format: 'd' },
    y: { title: 'kept', format: '.0%', zero: true },
    series: [{ name: 'this run', points: written.map(({ round, raw, kept }) => ({ x: round, y: kept / raw, ...wilsonInterval(kept, raw) })) }],
  })
  return [
    await plot(
      'yield',
      `Share kept: ${written.map(({ round, raw, kept }) => `round ${round} ${Math.round((100 * kept) / raw)} %`).join(', ')}`,
      withoutLegend(specification),
    ),
  ]
}

/** Instructions over dollars, beside a line at the rate of the baseline where it is known. */
export async function moneyPlot({ keptByCost, baseline, report }: RunStory): Promise<Plot[]> {
  if (keptByCost.length < 3) return []
  const isPriced = keptByCost.every(({ costUsd }) => costUsd !== null)
  const series = [{ name: 'this run', points: keptByCost.map(({ calls, costUsd, kept }) => ({ x: isPriced ? costUsd! : calls, y: kept })) }]
  const end = isPriced ? keptByCost.at(-1)!.costUsd! : keptByCost.at(-1)!.calls
  if (baseline !== null && !baseline.sameFilter)
    series.push({
      name: `Self-Instruct’s filter (${baseline.threshold}), its mean rate`,
      points: [
        { x: 0, y: 0 },
        { x: end, y: baseline.kept },
      ],
    })
  const specification = linePlot({
    title: 'What was kept for the money',
    subtitle: isPriced ? 'Each answer in the order of the plan' : 'By calls: the price of an answer is not known',
    x: isPriced ? { title: 'spent, US dollars', format: '$.3~f', zero: true } : { title: 'calls', whole: true, zero: true },
    y: { title: 'instructions kept', zero: true, format: ',d' },
    series,
    points: false,
  })
  return [
    await plot(
      'kept-by-cost',
      `${report.kept} instructions kept for ${formatUsd(report.costUsd)}`,
      series.length === 1 ? withoutLegend(specification) : specification,
    ),
  ]
}

/** One for each evaluator with at least two evaluations. */
export async function scorePlots({ report: { evaluations } }: RunStory): Promise<Plot[]> {
  const plots: Plot[] = []
  for (const [evaluator, own] of Map.groupBy(evaluations, (one) => one.evaluator)) {
    if (own.length < 2) continue
    const isShare = own.every(({ interval }) => interval !== null)
    const specification = linePlot({
      title: `${evaluator} of the student after each round`,
      subtitle: 'Round 0 is the model before training; whiskers: 95 % over test items',
      x: { title: 'round', whole: true, format: 'd' },
      y: { title: isShare ? 'share right' : 'mean score', ...(isShare ? { format: '.0%' } : {}) },
      series: [{ name: evaluator, points: own.map(({ round, mean, interval }) => ({ x: round, y: mean, low: interval?.low, high: interval?.high })) }],
    })
    plots.push(
      await plot(`${evaluator}-rounds`, `${evaluator} after each round: ${own.map(({ mean }) => mean.toFixed(3)).join(', ')}`, withoutLegend(specification)),
    )
  }
  return plots
}

const mostKinds = 24

/** Where test items come in kinds: the change of each kind. */
export async function kindPlots({ changes }: RunStory): Promise<Plot[]> {
  const plots: Plot[] = []
  for (const { evaluator, byGroup, isShare } of changes) {
    if (byGroup.length < 2) continue
    const scale = isShare ? 100 : 1
    const ordered = byGroup.toSorted((a, b) => b.difference - a.difference)
    const isTooMany = ordered.length > mostKinds
    const specification = intervalPlot({
      title: `Change in ${evaluator} by kind of task`,
      subtitle: `${isTooMany ? `The ${mostKinds / 2} best and the ${mostKinds / 2} worst of ${ordered.length}; ` : ''}95 % for each kind alone: of this many, some lie off 0 by chance`,
      x: { title: isShare ? 'difference in points' : 'difference of mean scores' },
      rows: (isTooMany ? [...ordered.slice(0, mostKinds / 2), ...ordered.slice(-mostKinds / 2)] : ordered).map(({ group, items, difference, low, high }) => ({
        ...{ label: `${group} (${items})`, value: difference * scale, low: low * scale, high: high * scale },
      })),
    })
    plots.push(await plot(`${evaluator}-kinds`, `Change in ${evaluator} for each kind of task, with intervals`, specification))
  }
  return plots
}

/** The signal and the loss, step by step. */
export async function trainingPlots({ training: { steps, signal } }: RunStory): Promise<Plot[]> {
  const told = steps.filter(({ loss }) => loss !== null)
  if (told.length < 3) return []
  const line = (title: string, subtitle: string, linePoints: readonly LinePoint[]): Specification =>
    withoutLegend(
      linePlot({
        ...{ title, subtitle, points: false },
        x: { title: 'optimiser step', whole: true, format: ',d' },
        y: { title, zero: true },
        series: [{ name: title, points: linePoints }],
      }),
    )
  const losses = means(told.map(({ step, loss }) => ({ x: step, y: loss! })))
  const ofLosses = losses.each === 1 ? 'Of every batch, before its step' : `Means of ${losses.each} batches, each before its step`
  const plots = [await plot('loss', 'Training loss by step', line('Training loss', ofLosses, losses.points))]
  const signals = told.flatMap((step) => (step.signal === null ? [] : [{ x: step.step, y: step.signal }]))
  if (signal !== null && signals.length >= 3)
    plots.push(await plot('signal', `The signal ${signal.id} by step`, line(signal.id, 'The batches with the highest values give the new seeds', signals)))
  return plots
}

const mostMeans = 80

/** At most so many points, each the mean of as many as that takes. */
function means(points: readonly LinePoint[]): { readonly each: number; readonly points: readonly LinePoint[] } {
  const each = Math.ceil(points.length / mostMeans)
  const groups = Array.from({ length: Math.ceil(points.length / each) }, (_, i) => points.slice(i * each, (i + 1) * each))
  const mean = (group: readonly LinePoint[], of: (point: LinePoint) => number): number => group.reduce((sum, point) => sum + of(point), 0) / group.length
  return { each, points: groups.map((group) => ({ x: mean(group, ({ x }) => x), y: mean(group, ({ y }) => y) })) }
}

/** A legend with one entry says nothing that the title does not. */
function withoutLegend(specification: Specification): Specification {
  return { ...specification, config: { legend: { disable: true } } } as Specification
}
