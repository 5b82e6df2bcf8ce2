import { drawPlot, intervalPlot, type Report, type ReportPart } from '@sedi/evaluation'
import type { ArmSummary, ContrastResult, StudyResult } from './analyse-study.ts'
import type { CellFigures } from './measure-cell.ts'
import type { CellOrigin } from './run-study.ts'
import { planHash, type Study, studyHash } from './study.ts'

export type StudyContext = {
  readonly machine: string
  /** Of its runs, in any order. */
  readonly origins: readonly CellOrigin[]
  /** World id → share of the test its student answered right before training. */
  readonly students: Readonly<Record<string, number>>
}

/** The report of a study: every figure in its tables can be rebuilt from the ledgers. */
export async function reportStudy(study: Study, figures: readonly CellFigures[], result: StudyResult, context: StudyContext): Promise<Report> {
  const parts: ReportPart[] = [
    {
      kind: 'text',
      text: `${describeOrigins(context.origins)}, ${context.machine}. Study ${studyHash(study).slice(0, 16)}, plan ${planHash(study).slice(0, 16)}.`,
    },
    { kind: 'heading', text: 'What may be quoted' },
    ...result.contrasts.map((contrast): ReportPart => ({ kind: 'quote', text: quotable(contrast, study) })),
    { kind: 'text', text: limits(study) },
    { kind: 'heading', text: 'Contrasts' },
    { kind: 'table', rows: contrastRows(result.contrasts) },
    {
      kind: 'plot',
      name: 'contrasts',
      alt: 'Differences of the contrasts in accuracy with their intervals, by world',
      svg: await drawPlot(contrastPlot(result.contrasts)),
    },
    { kind: 'heading', text: 'Arms' },
    { kind: 'list', items: study.arms.map(({ id, title }) => `${id}: ${title}`) },
    {
      kind: 'list',
      items: study.worlds.map(({ id, title }) => `World ${id}: ${title}; its student begins with ${(100 * context.students[id]!).toFixed(1)} %`),
    },
    { kind: 'table', rows: armRows(result.arms) },
    { kind: 'heading', text: 'Every run' },
    { kind: 'table', rows: runRows(figures) },
  ]
  return { title: `Reproduction: ${study.id}`, parts }
}

/** When the runs were made, by which code, and how long all of them together took. */
function describeOrigins(origins: readonly CellOrigin[]): string {
  const days = [...new Set(origins.map(({ finishedAt }) => new Date(finishedAt).toISOString().slice(0, 10)))].toSorted()
  const commits = [...Map.groupBy(origins, ({ commit }) => commit)]
  const minutes = origins.reduce((sum, { seconds }) => sum + seconds, 0) / 60
  const named = commits.length === 1 ? `commit ${commits[0]![0]}` : `commits ${commits.map(([commit, { length }]) => `${commit} (${length} runs)`).join(', ')}`
  return `${days.length === 1 ? days[0] : `${days[0]} to ${days.at(-1)}`}, ${named}, ${origins.length} runs of ${minutes.toFixed(0)} minutes in all`
}

/** One sentence that is true whichever way the figures fall. */
export function quotable({ contrast, pooled, adjusted, nonInferior, differences }: ContrastResult, { worlds }: Study): string {
  const { id, regime, a, b, measure } = contrast
  const where = `${differences.length} paired runs in ${worlds.length === 1 ? 'one simulated world' : `${worlds.length} simulated worlds`}, ${regime.replace('-', ' ')}`
  const amount = measure === 'accuracy' ? `${signed(pooled.mean)} points of accuracy` : `${signed(pooled.mean, 7)} dollars a kept instruction`
  const interval = measure === 'accuracy' ? `[${signed(pooled.low)}, ${signed(pooled.high)}]` : `[${signed(pooled.low, 7)}, ${signed(pooled.high, 7)}]`
  const verdict =
    nonInferior === undefined
      ? adjusted < 0.05
        ? 'the difference is shown'
        : 'no difference is shown'
      : `${nonInferior.shown ? 'no worse' : 'not shown to be no worse'} within ${contrast.margin} point${contrast.margin === 1 ? '' : 's'}`
  return `${id}: ${a} minus ${b}: ${amount} ${interval} (95 % t interval), ${verdict} (sign-flip p ${adjusted < 0.0001 ? 'below 0.0001' : adjusted.toFixed(4)} after Holm; ${where}).`
}

function limits({ size, worlds }: Study): string {
  return `${size.replicates} replicates in each of ${worlds.length} simulated worlds. A difference that is not shown may still be there, anywhere inside its interval. Nothing here speaks of a large model on real data.`
}

function contrastRows(results: readonly ContrastResult[]): string[][] {
  const head = ['contrast', 'regime', 'a − b', 'measure', 'n', 'mean', 'low', 'high', 'p', 'p (Holm)', 'nested low', 'nested high']
  const rows = results.map(({ contrast: { id, regime, a, b, measure }, pooled, p, adjusted, nested }) => {
    const digits = measure === 'accuracy' ? 2 : 7
    const figure = (value: number): string => value.toFixed(digits)
    const [low, high] = nested === undefined ? ['–', '–'] : [figure(nested.low), figure(nested.high)]
    return [
      id,
      regime,
      `${a} − ${b}`,
      measure,
      String(pooled.n),
      figure(pooled.mean),
      figure(pooled.low),
      figure(pooled.high),
      p.toFixed(4),
      adjusted.toFixed(4),
      low,
      high,
    ]
  })
  return [head, ...rows]
}

function armRows(arms: readonly ArmSummary[]): string[][] {
  const head = [
    'arm',
    'regime',
    'world',
    'n',
    'accuracy %',
    'sd',
    'kept',
    '$ a kept',
    'passes',
    'kinds',
    'wrong %',
    'wrong seeds %',
    'masked %',
    'precision %',
    'recall %',
  ]
  const percent = (value: number | null): string => (value === null ? '–' : (100 * value).toFixed(2))
  const rows = arms.map(({ arm, regime, world, n, mean, sd }) => [
    ...[arm, regime, world, String(n), percent(mean.accuracy), percent(Number.isFinite(sd) ? sd : null)],
    ...[mean.kept!.toFixed(1), mean.costUsdPerKept!.toFixed(7), mean.passes!.toFixed(2), mean.kinds!.toFixed(1)],
    ...[mean.wrongInPool, mean.wrongAmongPromoted, mean.masked, mean.maskPrecision, mean.maskRecall].map(percent),
  ])
  return [head, ...rows]
}

function runRows(figures: readonly CellFigures[]): string[][] {
  const head = ['run', 'accuracy %', 'calls', 'written', 'kept', '$', 'steps', 'promoted']
  const rows = figures.map(({ cell, accuracy, calls, written, kept, costUsd, steps, promoted }) => [
    ...[cell, (100 * accuracy).toFixed(2), String(calls), String(written), String(kept), costUsd.toFixed(6), String(steps), String(promoted)],
  ])
  return [head, ...rows]
}

function contrastPlot(results: readonly ContrastResult[]) {
  const rows = results
    .filter(({ contrast }) => contrast.measure === 'accuracy')
    .flatMap(({ contrast: { id }, pooled, worlds }) => [
      { label: id, value: pooled.mean, low: pooled.low, high: pooled.high, series: 'all worlds' },
      ...(worlds.length === 1 ? [] : worlds.map(({ world, mean, low, high }) => ({ label: id, value: mean, low, high, series: world }))),
    ])
    .filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high))
  return intervalPlot({ title: 'Differences in accuracy', x: { title: 'points, 95 % t interval' }, rows })
}

const signed = (value: number, digits = 2): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(digits)}`
