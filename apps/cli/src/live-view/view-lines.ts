import type { Progress } from '@sedi/kit'
import type { RunConfig } from '@sedi/spec'
import { formatCount, formatDuration, formatPercent, formatUsd } from '../format.ts'
import { renderScore } from '../render-report.ts'
import { sparkline } from './sparkline.ts'
import type { ViewFigures } from './view-figures.ts'

export type ViewState = {
  readonly config: RunConfig
  readonly label: string
  readonly progress: Progress
  /** Of the whole run, 0 to 1; a guess, as rounds do not take equally long. */
  readonly share: number
  readonly timeLeftMs: number | undefined
  readonly figures: ViewFigures
  /** How often something was said above the view. */
  readonly notices: number
  readonly stopping: boolean
}

/** How a word is marked; the identity where colours are not wanted. */
export type Paint = (style: 'bold' | 'dim' | 'cyan' | 'green' | 'yellow', text: string) => string

const labelWidth = 8

/** The view, a figure a line, the most important ones first. No line is longer than `columns`; what does not fit is left out from its end. */
export function viewLines(state: ViewState, { columns, rows, paint }: { readonly columns: number; readonly rows: number; readonly paint: Paint }): string[] {
  const width = Math.max(10, columns - 1)
  const { label, progress, timeLeftMs, stopping } = state
  const { round, rounds, stage, done, planned } = progress
  const head = fitted(
    [
      `${label === '' ? '' : `${label} `}${round === 0 ? 'before round 1' : `round ${round}/${rounds}`}`,
      `${stage}${planned === undefined ? '' : ` ${formatCount(done)}/${formatCount(planned)}`}`,
      stopping ? 'stopping' : timeLeftMs === undefined ? '' : `about ${formatDuration(timeLeftMs)} left`,
    ],
    width,
  )
  const figure = (name: string, parts: readonly string[]): string[] => {
    const text = fitted(parts, width - labelWidth)
    return text === '' ? [] : [`${paint('dim', name.padEnd(labelWidth))}${text}`]
  }
  const lines = [
    paint('bold', head),
    roundsBar(state, width, paint),
    ...figure('kept', keptParts(state)),
    ...figure('cost', costParts(state)),
    ...figure('calls', callParts(state)),
    ...figure('train', trainingParts(state)),
    ...figure('seeds', seedParts(state)),
    ...figure('score', scoreParts(state)),
    ...(state.notices === 0 ? [] : figure('noticed', [`${formatCount(state.notices)} ${state.notices === 1 ? 'thing' : 'things'}, said above`])),
  ]
  return lines.slice(0, Math.max(1, rows - 1))
}

/** As many of the parts, from the first, as fit; the first is cut when it does not. */
function fitted(parts: readonly string[], width: number): string {
  const given = parts.filter((part) => part !== '')
  for (let count = given.length; count > 0; count--) {
    const text = given.slice(0, count).join(' · ')
    if (text.length <= width) return text
  }
  return given[0] === undefined ? '' : `${given[0].slice(0, Math.max(0, width - 1))}…`
}

/** A cell for each round where there is room for it: ━━━━ ━━── ────  38 % */
function roundsBar({ progress: { rounds }, share }: ViewState, width: number, paint: Paint): string {
  const percent = formatPercent(share, 0).padStart(6)
  const room = Math.min(width - percent.length - 1, 64)
  const cell = Math.floor((room + 1) / rounds) - 1
  const cells = cell >= 2 && rounds > 1 ? Array.from({ length: rounds }, () => cell) : [room]
  const filled = Math.round(share * cells.reduce((sum, size) => sum + size, 0))
  let left = filled
  const drawn = cells.map((size) => {
    const full = Math.min(size, left)
    left -= full
    return `${full === 0 ? '' : paint('green', '━'.repeat(full))}${full === size ? '' : paint('dim', '─'.repeat(size - full))}`
  })
  return `${drawn.join(' ')}${percent}`
}

function keptParts({ figures: { totals, keptShares } }: ViewState): string[] {
  const { raw, kept } = totals
  if (raw === 0) return ['nothing written yet']
  const rounds = keptShares.length < 2 ? '' : `${sparkline(keptShares, { low: 0, high: 1 })} by round`
  return [`${formatCount(kept)} of ${formatCount(raw)} (${formatPercent(kept / raw, 0)})`, rounds]
}

function costParts({ config: { budget, target }, progress, figures: { costUsd, projectedUsd, totals } }: ViewState): string[] {
  if (costUsd === null) return ['unknown, as the price is', `${formatCount(totals.inputTokens + totals.outputTokens)} tokens`]
  return [
    `${formatUsd(costUsd)}${budget.maxCostUsd === undefined ? '' : ` of ${formatUsd(budget.maxCostUsd, 2)} budget`}`,
    projectedUsd === null || progress.stage === 'done' || projectedUsd === target.costUsd ? '' : `about ${formatUsd(projectedUsd)} at the end`,
    totals.kept === 0 ? '' : `${formatUsd(costUsd / totals.kept, 6)} per kept`,
  ]
}

function callParts({ config: { target }, progress, figures: { totals, callsPerMinute } }: ViewState): string[] {
  const first = totals.calls - totals.followUpCalls
  const isBuying = progress.stage === 'generate'
  return [
    `${formatCount(first)}${target.calls === undefined ? '' : ` of ${formatCount(target.calls)}`}`,
    isBuying && callsPerMinute !== undefined ? `${formatCount(Math.round(callsPerMinute))} a minute` : '',
    isBuying && totals.openAttempts > 0 ? `${totals.openAttempts} in flight` : '',
    totals.followUpCalls === 0 ? '' : `${formatCount(totals.followUpCalls)} follow-ups`,
    totals.uncertainAttempts === 0 ? '' : `${totals.uncertainAttempts} uncertain`,
  ]
}

function trainingParts({ config: { training, trainer }, progress, figures: { losses } }: ViewState): string[] {
  if (trainer.id === 'none' || losses.length === 0) return []
  const planned = training.stepsPerRound === undefined ? '' : ` of ${formatCount(training.stepsPerRound * progress.rounds)}`
  return [`step ${formatCount(losses.length)}${planned}`, `loss ${losses.at(-1)!.toFixed(3)}`, losses.length < 4 ? '' : sparkline(losses)]
}

function seedParts({ figures: { totals } }: ViewState): string[] {
  return totals.seedsPromoted === 0 ? [] : [`${formatCount(totals.seedsPromoted)} promoted`, `${formatCount(totals.seedsEvicted)} evicted`]
}

function scoreParts({ figures: { evaluations } }: ViewState): string[] {
  const last = evaluations.at(-1)
  if (last === undefined) return []
  const own = evaluations.filter(({ evaluator }) => evaluator === last.evaluator)
  const means = own.length < 2 ? '' : sparkline(own.map(({ mean }) => mean))
  return [`${last.evaluator} ${renderScore(last)}`, means]
}
