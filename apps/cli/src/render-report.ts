import type { EvaluationReport, RunReport } from '@sedi/kit'
import { formatCount, formatPercent, formatUsd } from './format.ts'

/** A run's figures, a line each. */
export function renderReport(report: RunReport, folder: string, notes: readonly string[] = []): string {
  const { rejected } = report
  const lines = [
    `${report.run} · recipe ${report.recipe} · ${report.state}${report.reason === '' || report.state === 'done' ? '' : ` (${report.reason})`}`,
    `  rounds        ${report.rounds.done} of ${report.rounds.planned}`,
    `  calls         ${formatCount(report.calls)}${report.surplusCalls > 0 ? ` (${report.surplusCalls} beyond the target)` : ''}, ${formatCount(report.inputTokens)} tokens in, ${formatCount(report.outputTokens)} out`,
    `  instructions  ${formatCount(report.kept)} kept of ${formatCount(report.raw)} written (${formatPercent(report.raw === 0 ? null : report.kept / report.raw)})`,
    `  rejected      ${Object.entries(rejected)
      .map(([reason, count]) => `${reason} ${formatCount(count)}`)
      .join(', ')}`,
    `  cost          ${formatUsd(report.costUsd, 6)}, ${formatUsd(report.costPerKeptUsd, 6)} per kept instruction`,
  ]
  if (report.uncertainAttempts > 0)
    lines.push(`  uncertain     ${report.uncertainAttempts} attempts without a recorded answer, at most ${formatUsd(report.uncertainUsd, 6)} on top`)
  if (report.steps > 0) {
    lines.push(
      `  training      ${formatCount(report.steps)} steps, ${report.epochs.toFixed(2)} epochs`,
      `  batches       diversity ${report.batchDiversity?.toFixed(4) ?? '–'} (1 − mean pairwise ROUGE-L), ${report.conflictsPerBatch?.toFixed(2) ?? '–'} conflicts per batch`,
      `  seeds         ${report.seedsPromoted} promoted, ${report.seedsEvicted} evicted`,
    )
  }
  const last = report.evaluations.at(-1)
  if (last !== undefined) lines.push(`  ${last.evaluator.padEnd(13)} ${report.evaluations.map(renderScore).join(' → ')}`)
  lines.push(
    `  digest        ${report.digest.slice(0, 16)}`,
    `  folder        ${folder}`,
    ...report.warnings.map((warning) => `  warning       ${warning}`),
    ...notes.map((note) => `  note          ${note}`),
  )
  return lines.join('\n')
}

export function renderScore({ mean, interval, round }: EvaluationReport): string {
  const spread = interval === null ? '' : ` [${(interval.low * 100).toFixed(1)}, ${(interval.high * 100).toFixed(1)}]`
  return `${round === 0 ? 'base ' : ''}${(mean * 100).toFixed(1)} %${spread}`
}
