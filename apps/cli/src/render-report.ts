import type { EvaluationReport, ExistingTexts, RunReport, ShadowBaseline } from '@sedi/kit'
import { formatCount, formatPercent, formatScore, formatSigned, formatUsd } from './format.ts'

/** A run's figures, a line each. */
export function renderReport(
  report: RunReport & { readonly shadowBaseline?: ShadowBaseline | null; readonly existing?: ExistingTexts | null },
  folder: string,
  notes: readonly string[] = [],
): string {
  const { rejected } = report
  const lines = [
    `${report.run} · recipe ${report.recipe} · ${report.state}`,
    ...(report.reason === '' || report.state === 'done' ? [] : [`  because       ${report.reason.replaceAll('\n', `\n${' '.repeat(16)}`)}`]),
    `  rounds        ${report.rounds.done} of ${report.rounds.planned}`,
    `  calls         ${formatCount(report.calls)}${inBrackets([
      report.followUpCalls > 0 && `${formatCount(report.followUpCalls)} of them follow-ups`,
      report.surplusCalls > 0 && `${report.surplusCalls} beyond the target`,
      report.embedCalls > 0 && `${formatCount(report.embedCalls)} for embeddings besides`,
    ])}`,
    `  tokens        ${formatCount(report.inputTokens)} in${inBrackets([report.cachedInputTokens > 0 && `${formatPercent(report.cachedInputTokens / report.inputTokens)} from the provider’s cache`])}, ${formatCount(report.outputTokens)} out${inBrackets([report.reasoningTokens > 0 && `${formatPercent(report.reasoningTokens / report.outputTokens)} of it reasoning`])}`,
    `  instructions  ${formatCount(report.kept)} kept of ${formatCount(report.raw)} written (${formatPercent(report.raw === 0 ? null : report.kept / report.raw)})`,
    `  rejected      ${
      Object.entries(rejected)
        .filter(([, count]) => count > 0)
        .map(([reason, count]) => `${reason} ${formatCount(count)}`)
        .join(', ') || 'none'
    }`,
    ...existingLine(report.existing ?? null),
    ...checkLines(report),
    `  cost          ${formatUsd(report.costUsd, 6)}${inBrackets([report.embedCalls > 0 && `${formatUsd(report.embedUsd, 6)} of it for embeddings`])}${report.costPerKeptUsd === null ? '' : `, ${formatUsd(report.costPerKeptUsd, 6)} per kept instruction`}${report.projectedUsd === null ? '' : `; about ${formatUsd(report.projectedUsd, 4)} at the end`}`,
  ]
  if (report.shadowBaseline) lines.push(...baselineLines(report, report.shadowBaseline))
  if (report.waitingAttempts > 0)
    lines.push(`  waiting       ${formatCount(report.waitingAttempts)} requests go on at the provider, at most ${formatUsd(report.waitingUsd, 6)} on top`)
  if (report.uncertainAttempts > 0)
    lines.push(`  uncertain     ${report.uncertainAttempts} attempts without a recorded answer, at most ${formatUsd(report.uncertainUsd, 6)} on top`)
  if (report.steps > 0) {
    lines.push(
      `  training      ${formatCount(report.steps)} steps, ${report.epochs.toFixed(2)} epochs${report.maskedShare === null ? '' : `; the mask left out ${formatPercent(report.maskedShare)} of the rows`}`,
      `  batches       diversity ${report.batchDiversity?.toFixed(4) ?? '–'} (1 − mean pairwise ROUGE-L), ${report.conflictsPerBatch?.toFixed(2) ?? '–'} conflicts per batch`,
      `  seeds         ${report.seedsPromoted} promoted, ${report.seedsEvicted} evicted`,
    )
  }
  lines.push(
    ...scoreLines(report),
    `  digest        ${report.digest.slice(0, 16)}`,
    `  folder        ${folder}`,
    ...report.warnings.map((warning) => `  warning       ${warning}`),
    ...notes.map((note) => `  note          ${note}`),
  )
  return lines.join('\n')
}

const inBrackets = (parts: readonly (string | false)[]): string => {
  const said = parts.filter((part) => part !== false)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

/** The same stream under Self-Instruct’s filter, beside what the run made of it. */
export function baselineLines(
  { kept, raw, costPerKeptUsd }: Pick<RunReport, 'kept' | 'raw' | 'costPerKeptUsd'>,
  { threshold, ...shadow }: Omit<ShadowBaseline, 'candidates'>,
): string[] {
  if (shadow.sameFilter) return [`  baseline      the run’s filter is Self-Instruct’s (${threshold})`]
  const figures = (own: { readonly kept: number; readonly rejectedShare: number | null; readonly costPerKeptUsd: number | null }): string =>
    `${formatCount(own.kept)} kept, ${formatPercent(own.rejectedShare)} rejected${own.costPerKeptUsd === null ? '' : `, ${formatUsd(own.costPerKeptUsd, 6)} per kept`}`
  const saving = costPerKeptUsd === null || shadow.costPerKeptUsd === null ? undefined : 1 - costPerKeptUsd / shadow.costPerKeptUsd
  const name = `Self-Instruct’s filter (${threshold}):`
  return [
    `  baseline      ${name} ${figures(shadow)}`,
    `                ${'this run:'.padEnd(name.length)} ${figures({ kept, rejectedShare: raw === 0 ? null : 1 - kept / raw, costPerKeptUsd })}${saving === undefined ? '' : ` (${formatSigned(-saving * 100)} %)`}`,
    '                a replay of the same answers, not another run: it says nothing about accuracy',
  ]
}

const existingLine = (existing: ExistingTexts | null): string[] =>
  existing === null
    ? []
    : [
        `  existing data ${formatCount(existing.texts)} text${existing.texts === 1 ? '' : 's'} compared with; ${formatCount(existing.rejected)} of the rejected were too similar to one`,
      ]

/** What the checks found: `pii 3 rejected, refusal 2 flagged`. */
export function checkLines({ checks }: Pick<RunReport, 'checks'>): string[] {
  const found = Object.entries(checks).flatMap(([id, { dropped, flagged }]) => [
    ...(dropped > 0 ? [`${id} ${formatCount(dropped)} rejected`] : []),
    ...(flagged > 0 ? [`${id} ${formatCount(flagged)} flagged`] : []),
  ])
  return found.length === 0 ? [] : [`  checks        ${found.join(', ')}`]
}

/** A line for each evaluator: `exact-match   base 12.5 % [7.0, 21.0] → 31.2 % [22.0, 42.0]`. */
export function scoreLines({ evaluations }: Pick<RunReport, 'evaluations'>): string[] {
  const scores = Map.groupBy(evaluations, ({ evaluator }) => evaluator)
  return [...scores].map(([evaluator, own]) => `  ${evaluator.padEnd(13)} ${own.map(renderScore).join(' → ')}`)
}

export const renderScore = (score: EvaluationReport): string => `${score.round === 0 ? 'base ' : ''}${formatScore(score)}`
