import type { ComparedEvaluations, DatasetMetrics, EvaluationResult, Judged, Measured } from '@sedi/kit'
import { formatCount, formatPercent, formatTable, formatUsd } from './format.ts'

const shownFailures = 5

/** An evaluation for people: what was measured, what could not be, what it cost. */
export function renderEvaluation({ evaluation, items, measured, cost }: EvaluationResult, folder: string, metrics: DatasetMetrics | undefined): string {
  const table = formatTable([
    ['evaluator', 'mean', '95 % over items', 'scored', 'without a score'],
    ...measured.map((one) => [one.evaluator, number(one.mean), intervalOf(one), `${formatCount(one.scored)} of ${formatCount(one.items)}`, failedOf(one)]),
  ])
  const notes = measured.flatMap((one) => [...groupLines(one), ...failureLines(one), ...(one.judged === null ? [] : judgedLines(one.judged))])
  const calls =
    cost.calls === 0 ? 'nothing was asked' : `${formatCount(cost.calls)} calls, ${cost.costUsd === null ? 'cost unknown' : formatUsd(cost.costUsd, 6)}`
  const uncertain =
    cost.uncertainAttempts === 0 ? '' : `, and at most ${formatUsd(cost.uncertainUsd, 6)} for ${cost.uncertainAttempts} attempts without an answer`
  const dataset = metrics === undefined ? [] : ['', ...metricLines(metrics)]
  return [
    `${evaluation}: ${formatCount(items)} items; ${calls}${uncertain}`,
    '',
    table,
    ...(notes.length === 0 ? [] : ['', ...notes]),
    ...dataset,
    '',
    `Files: ${folder}`,
  ].join('\n')
}

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(4))

const intervalOf = ({ interval }: Measured): string => (interval === null ? '–' : `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`)

const failedOf = ({ failed }: Measured): string => {
  const reasons = Object.entries(failed).map(([reason, count]) => `${formatCount(count)} ${reason}`)
  return reasons.length === 0 ? '0' : reasons.join(', ')
}

function groupLines({ evaluator, byGroup }: Measured): string[] {
  const groups = Object.entries(byGroup)
  if (groups.length < 2) return []
  return [`${evaluator} by group: ${groups.map(([group, { mean, scored }]) => `${group || '(none)'} ${mean.toFixed(3)} (${formatCount(scored)})`).join(', ')}`]
}

function failureLines({ evaluator, failures, bounds }: Measured): string[] {
  if (failures.length === 0 || bounds === null) return []
  const shown = failures.slice(0, shownFailures).map(({ itemId, reason, message }) => `  ${itemId} (${reason}): ${message}`)
  const more = failures.length > shownFailures ? [`  … and ${formatCount(failures.length - shownFailures)} more in scores.jsonl`] : []
  const range = `${bounds[0].toFixed(4)} to ${bounds[1].toFixed(4)}`
  return [
    `${evaluator}: ${formatCount(failures.length)} items have no score and are in no mean; whatever they were worth, it would be ${range}:`,
    ...shown,
    ...more,
  ]
}

function judgedLines(judged: Judged): string[] {
  const { winRate, standardError, wins, losses, ties, consistency, firstSlotRate, meanLengths, lengthControlled } = judged
  const controlled =
    'impossible' in lengthControlled
      ? `not length-controlled: ${lengthControlled.impossible}`
      : `length-controlled ${formatPercent(lengthControlled.winRate)} (${lengthControlled.form})`
  return [
    `judge: win rate ${formatPercent(winRate)} (standard error ${formatPercent(standardError)}): ${wins} won, ${ties} tied, ${losses} lost; ${controlled}`,
    `       both orders agree on ${formatPercent(consistency)}; the answer shown first is preferred in ${formatPercent(Number.isNaN(firstSlotRate) ? null : firstSlotRate)} of decided verdicts; answers have ${Math.round(meanLengths[0])} characters, those they are compared with ${Math.round(meanLengths[1])}`,
  ]
}

function metricLines({ size, repetitions, datasets }: DatasetMetrics): string[] {
  const metrics = Object.entries(datasets[0]!.metrics).map(([name, { mean, sd }]) => `  ${name} ${mean.toPrecision(4)} ± ${sd.toPrecision(2)}`)
  return [`answers, over ${repetitions} subsamples of ${formatCount(size)} (“sedi metrics” says what each is):`, ...metrics]
}

/** The paired difference between two evaluations. */
export function renderComparedEvaluations({ a, b, evaluators }: ComparedEvaluations): string {
  const rows = evaluators.map(({ evaluator, means, difference, leftOut }) => [
    evaluator,
    ...means.map((mean) => mean.toFixed(4)),
    signed(difference.mean),
    `${signed(difference.low)} to ${signed(difference.high)}`,
    `${formatCount(difference.n)}${leftOut.length === 0 ? '' : ` (${formatCount(leftOut.length)} left out)`}`,
  ])
  const table = formatTable([['evaluator', a.evaluation, b.evaluation, 'difference', '95 % over items', 'items'], ...rows])
  return `${table}\n\nPaired by item. The interval knows nothing of the spread between runs; “sedi compare” does.`
}

const signed = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(4)}`
