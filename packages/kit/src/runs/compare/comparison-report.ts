import { drawPlot, intervalPlot, linePlot, type Report, type ReportPart } from '@sedi/evaluation'
import { shorten } from '@sedi/spec'
import { type MetricName, metricDescriptions } from '../../files/measure-datasets.ts'
import { formatP } from '../../format.ts'
import type { EvaluationComparison, RunComparison } from './comparison.ts'
import { differenceText, intervalText } from './comparison-sentences.ts'
import { figureRows } from './comparison-table.ts'

/** The comparison as a report with its plots, for `reportHtml` and `reportMarkdown`. Throws `missing-dependency` without Vega. */
export async function comparisonReport(comparison: RunComparison): Promise<Report> {
  const { runs, evaluations, notes, quote, configuration } = comparison
  const plots: ReportPart[] = []
  for (const evaluation of evaluations) plots.push(...(await evaluationPlots(comparison, evaluation)))
  const heads = runs.map(({ name }) => name)
  return {
    title: `Comparison: ${heads.join(', ')}`,
    parts: [
      { kind: 'quote', text: quote },
      heading('Figures'),
      {
        kind: 'table',
        rows: [
          ...figureRows(
            heads,
            runs.map(({ report }) => report),
          ),
          ...diversityRows(comparison),
        ],
      },
      { kind: 'text', text: figureCaption(comparison) },
      ...(evaluations.length === 0 ? [] : [heading('Accuracy'), { kind: 'table', rows: differenceRows(comparison) } as const, ...plots]),
      heading('Cost'),
      await spendingPlot(comparison),
      ...(notes.length === 0 ? [] : [heading('To be known beside the figures'), { kind: 'list', items: notes } as const]),
      heading('What is different in the configuration'),
      configuration.length === 0 ? { kind: 'text', text: 'Nothing that changes results.' } : { kind: 'table', rows: configurationRows(comparison) },
      heading('The runs'),
      {
        kind: 'table',
        rows: [['', 'run', 'state', 'digest'], ...runs.map(({ name, report }) => [name, report.run, report.state, report.digest.slice(0, 16)])],
      },
    ],
  }
}

const heading = (text: string): ReportPart => ({ kind: 'heading', text })

/** What the figures mean, in two or three sentences. */
export function figureCaption({ diversity }: Pick<RunComparison, 'diversity'>): string {
  const measured =
    diversity === null
      ? ''
      : ` Diversity of what was kept: mean ± sd over ${diversity.repetitions} subsamples of ${diversity.size} texts, which is the spread of drawing texts, not of running again.`
  return `In brackets 95 % intervals: of shares of candidates or test items by Wilson’s formula. Batch diversity: 1 − mean pairwise ROUGE-L within a batch.${measured}`
}

const shownMetrics: readonly MetricName[] = ['vendi', 'effectiveClusters', 'distinct2', 'selfBleu', 'nearestRougeL', 'verbNounPairs']

/** A row for each measure of what was kept; none when it was not measured. */
export function diversityRows({ diversity }: Pick<RunComparison, 'diversity'>): string[][] {
  if (diversity === null) return []
  return shownMetrics.map((name) => [
    `${name} (${metricDescriptions[name].split(/[,;]/)[0]!.replace(/ \(.*/, '')})`,
    ...diversity.datasets.map(({ metrics }) => {
      const { mean, sd } = metrics[name]
      const digits = mean >= 10 ? 1 : 3
      return Number.isNaN(mean) ? '–' : `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`
    }),
  ])
}

/** A row for each pair of models and evaluator. */
export function differenceRows({ evaluations }: Pick<RunComparison, 'evaluations'>): string[][] {
  return [
    ['', 'items', 'difference', '95 % interval', 'only one right', 'p', 'after Holm'],
    ...evaluations.flatMap((evaluation) =>
      evaluation.differences.map(({ from, to, difference, interval, mcNemar, p, adjustedP }) => [
        `${evaluation.evaluator}: ${to} − ${from}`,
        String(evaluation.items),
        differenceText(evaluation, difference),
        intervalText(evaluation, interval),
        mcNemar === null ? '–' : `${mcNemar.onlyFirst} : ${mcNemar.onlySecond}`,
        formatP(p),
        formatP(adjustedP),
      ]),
    ),
  ]
}

function configurationRows({ runs, configuration }: RunComparison): string[][] {
  return [['key', ...runs.map(({ name }) => name)], ...configuration.map(({ key, values }) => [key, ...values.map(shortValue)])]
}

/** A setting as a table shows it. */
export function shortValue(value: unknown): string {
  if (value === null) return 'not set'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return shorten(text, 60)
}

async function evaluationPlots({ runs }: RunComparison, evaluation: EvaluationComparison): Promise<ReportPart[]> {
  const { evaluator, isShare, differences } = evaluation
  const rounds = linePlot({
    title: `${evaluator} after each round`,
    subtitle: 'Round 0 is the model before training; whiskers: 95 % over test items',
    x: { title: 'round', whole: true, format: 'd' },
    y: { title: isShare ? 'share right' : 'mean score', ...(isShare ? { format: '.0%' } : {}) },
    series: runs.map(({ name, report }) => ({
      name,
      points: report.evaluations
        .filter((one) => one.evaluator === evaluator)
        .map(({ round, mean, interval }) => ({ x: round, y: mean, low: interval?.low, high: interval?.high })),
    })),
  })
  const parts: ReportPart[] = [await plot(`${evaluator}-rounds`, `${evaluator} of each run after each round, with intervals`, rounds)]
  const scale = isShare ? 100 : 1
  const groups = differences[0] === undefined ? [] : differences[0].byGroup.toSorted((a, b) => b.difference - a.difference).map(({ group }) => group)
  if (groups.length > 1) {
    const byGroup = intervalPlot({
      title: `${evaluator} by kind of task`,
      subtitle: '95 % for each kind alone: of this many, some lie off 0 by chance. To look at, not to quote',
      x: { title: isShare ? 'difference in points' : 'difference of mean scores' },
      rows: differences.flatMap(({ from, to, byGroup: ofPair }) =>
        groups.map((group) => {
          const { difference, low, high, items } = ofPair.find((one) => one.group === group)!
          return { label: `${group} (${items})`, value: difference * scale, low: low * scale, high: high * scale, series: `${to} − ${from}` }
        }),
      ),
    })
    parts.push(await plot(`${evaluator}-kinds`, `Difference in ${evaluator} for each kind of task, with intervals`, byGroup))
  }
  return parts
}

async function spendingPlot({ runs }: RunComparison): Promise<ReportPart> {
  const priced = runs.every(({ spending }) => spending.every(({ costUsd }) => costUsd !== null))
  const lines = linePlot({
    title: 'What was kept for the money',
    subtitle: priced ? 'Each answer in the order of the plan' : 'By calls: the price of an answer is not known',
    x: priced ? { title: 'spent, US dollars', format: '$.3~f', zero: true } : { title: 'calls', whole: true, zero: true },
    y: { title: 'instructions kept', zero: true, format: ',d' },
    series: runs.map(({ name, spending }) => ({ name, points: spending.map(({ calls, costUsd, kept }) => ({ x: priced ? costUsd! : calls, y: kept })) })),
    points: false,
  })
  return plot('kept-by-cost', 'Instructions kept over dollars spent, for each run', lines)
}

async function plot(name: string, alt: string, specification: Parameters<typeof drawPlot>[0]): Promise<ReportPart> {
  return { kind: 'plot', name, alt, svg: await drawPlot(specification) }
}
