import { type Progress, projectCostUsd } from '@sedi/kit'
import type { Ledger, RunConfig } from '@sedi/spec'
import type { Cli } from './command.ts'
import { formatCount, formatDuration, formatPercent, formatUsd } from './format.ts'

// Rough shares of a round's time, only for the time that is left; a round without training is all generation.
const stageStart = { generate: 0, compose: 0.35, train: 0.4, reseed: 0.95, evaluate: 0.96, done: 1 } as const
const stageShare = { generate: 0.35, compose: 0.05, train: 0.55, reseed: 0.01, evaluate: 0.04, done: 0 } as const

const redrawMs = 100
const lineMs = 5000

/**
 * Shows where a run is: one line redrawn in place on a terminal, a line every few seconds elsewhere.
 * Round, stage, yield, dollars so far and at the end, dollars per kept instruction, time left.
 */
export function createProgressLine(cli: Cli, { ledger, config }: { readonly ledger: Ledger; readonly config: RunConfig }, label: string) {
  const startedAt = Date.now()
  let firstFraction: number | undefined
  let lastShownAt = 0
  let lastStage = ''
  let latest: Progress | undefined
  let drawing = false

  async function show(progress: Progress): Promise<void> {
    latest = progress
    const now = Date.now()
    const stage = `${progress.round}/${progress.stage}`
    const due = now - lastShownAt >= (cli.isTerminal ? redrawMs : lineMs) || (cli.isTerminal && stage !== lastStage)
    firstFraction ??= fractionOf(progress)
    if (!due || drawing) return
    drawing = true
    lastShownAt = now
    lastStage = stage
    const text = await describe(latest)
    drawing = false
    write(text)
  }

  async function describe(progress: Progress): Promise<string> {
    const totals = await ledger.totals()
    const { raw, kept } = totals
    const costUsd = totals.unpricedCalls > 0 || (config.generator.price === undefined && totals.settledNanoUsd === 0) ? null : totals.settledNanoUsd / 1e9
    const projectedUsd = progress.stage === 'done' ? null : projectCostUsd(config, totals)
    const parts = [
      `${label === '' ? '' : `${label} `}round ${progress.round}/${progress.rounds}`,
      `${progress.stage}${progress.planned === undefined ? '' : ` ${progress.done}/${progress.planned}`}`,
      raw === 0 ? '' : `kept ${formatCount(kept)} of ${formatCount(raw)} (${formatPercent(kept / raw, 0)})`,
      costUsd === null ? 'cost unknown' : `${formatUsd(costUsd)}${projectedUsd === null ? '' : ` of about ${formatUsd(projectedUsd)}`}`,
      kept === 0 || costUsd === null ? '' : `${formatUsd(costUsd / kept, 6)} per kept`,
      timeLeft(progress),
    ]
    return parts.filter((part) => part !== '').join(' · ')
  }

  function timeLeft(progress: Progress): string {
    const done = fractionOf(progress) - (firstFraction ?? 0)
    const elapsed = Date.now() - startedAt
    if (done < 0.02 || elapsed < 2000) return ''
    return `about ${formatDuration((elapsed * (1 - fractionOf(progress))) / done)} left`
  }

  function write(text: string): void {
    if (!cli.isTerminal) cli.stderr.write(`${text}\n`)
    else cli.stderr.write(`\r\u001b[2K${text.slice(0, Math.max(20, (process.stderr.columns || 120) - 1))}`)
  }

  return {
    show: (progress: Progress): void => void show(progress).catch(() => {}),
    /** A message that stays; the line goes on below it. */
    notice(message: string): void {
      cli.stderr.write(`${cli.isTerminal ? '\r\u001b[2K' : ''}${message}\n`)
    },
    end(): void {
      if (cli.isTerminal) cli.stderr.write('\r\u001b[2K')
    },
  }
}

function fractionOf({ round, rounds, stage, done, planned }: Progress): number {
  if (stage === 'done') return 1
  const within = planned === undefined || planned === 0 ? 0 : Math.min(1, done / planned)
  return Math.max(0, round - 1 + stageStart[stage] + stageShare[stage] * within) / rounds
}
