import { wilsonInterval } from '@sedi/evaluation'
import { formatCount, formatScore, formatUsd } from '../../format.ts'
import type { EvaluationReport, RunReport } from '../run-report.ts'

/** What runs did, side by side: a heading row and one row for each figure. Rejection reasons that no run has are left out. */
export function figureRows(heads: readonly string[], reports: readonly RunReport[]): string[][] {
  const row = (name: string, cell: (report: RunReport) => string): string[] => [name, ...reports.map(cell)]
  const reasons = (Object.keys(reports[0]!.rejected) as (keyof RunReport['rejected'])[]).filter((reason) =>
    reports.some(({ rejected }) => rejected[reason] > 0),
  )
  const trained = reports.some(({ steps }) => steps > 0)
  const evaluators = [...new Set(reports.flatMap(({ evaluations }) => evaluations.map(({ evaluator }) => evaluator)))]
  return [
    ['', ...heads],
    row('calls', ({ calls }) => formatCount(calls)),
    row('instructions written', ({ raw }) => formatCount(raw)),
    row('kept', ({ kept, raw }) => (raw === 0 ? '0' : `${formatCount(kept)} (${formatScore({ mean: kept / raw, interval: wilsonInterval(kept, raw) })})`)),
    ...reasons.map((reason) => row(`rejected: ${reason}`, ({ rejected }) => formatCount(rejected[reason]))),
    row('tokens in / out', ({ inputTokens, outputTokens }) => `${formatCount(inputTokens)} / ${formatCount(outputTokens)}`),
    row('cost', ({ costUsd }) => formatUsd(costUsd)),
    row('calls per kept', ({ calls, kept }) => (kept === 0 ? '–' : (calls / kept).toFixed(4))),
    row('cost per kept', ({ costPerKeptUsd }) => formatUsd(costPerKeptUsd, 6)),
    ...(trained
      ? [
          row('optimiser steps', ({ steps }) => formatCount(steps)),
          row('epochs', ({ epochs }) => epochs.toFixed(2)),
          row('batch diversity', ({ batchDiversity }) => batchDiversity?.toFixed(4) ?? '–'),
          row('conflicts per batch', ({ conflictsPerBatch }) => conflictsPerBatch?.toFixed(2) ?? '–'),
        ]
      : []),
    ...evaluators.flatMap((evaluator) => {
      const title = evaluator === 'exact-match' ? 'accuracy' : evaluator
      const of = ({ evaluations }: RunReport): readonly EvaluationReport[] => evaluations.filter((one) => one.evaluator === evaluator)
      return [row(`${title} before`, (report) => evaluationText(of(report)[0])), row(`${title} after`, (report) => evaluationText(of(report).at(-1)))]
    }),
    row('seeds promoted', ({ seedsPromoted }) => formatCount(seedsPromoted)),
  ]
}

const evaluationText = (evaluation: EvaluationReport | undefined): string => (evaluation === undefined ? '–' : formatScore(evaluation))
