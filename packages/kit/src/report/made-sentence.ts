import { formatCount, formatPercent, formatUsd } from '../format.ts'
import type { ShadowBaseline } from '../replay/shadow-baseline.ts'
import type { RunReport } from '../runs/run-report.ts'

/** What was made and what it cost, in a sentence or two; beside it what Self-Instruct’s filter would have made of the same texts, where that is known. */
export function madeSentence({ kept, raw, costUsd, costPerKeptUsd }: RunReport, baseline: ShadowBaseline | null): string {
  const made = `made ${formatCount(kept)} instructions out of ${formatCount(raw)} written (${formatPercent(raw === 0 ? null : kept / raw, 0)})`
  if (costUsd === null) return `${made}. What they cost is not known, as the price is not.`
  const each = costPerKeptUsd === null ? '' : `, ${formatUsd(costPerKeptUsd, 6)} each`
  return `${made} for ${formatUsd(costUsd)}${each}.${baseline === null || costPerKeptUsd === null ? '' : comparedText(costPerKeptUsd, baseline)}`
}

function comparedText(costPerKeptUsd: number, { threshold, kept, sameFilter, costPerKeptUsd: shadowUsd }: ShadowBaseline): string {
  if (sameFilter || shadowUsd === null) return ''
  const saved = 1 - costPerKeptUsd / shadowUsd
  if (Math.abs(saved) < 0.005) return ` Self-Instruct’s filter (${threshold}) would have kept as many of the same texts.`
  return ` Self-Instruct’s filter (${threshold}) would have kept ${formatCount(kept)} of the same texts, at ${formatUsd(shadowUsd, 6)}: an instruction cost ${formatPercent(Math.abs(saved), 0)} ${saved > 0 ? 'less' : 'more'} here.`
}

/** With its first letter large. */
export const asSentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`
