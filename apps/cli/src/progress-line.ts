import { type Progress, projectCostUsd } from '@sedi/kit'
import type { Ledger, RunConfig } from '@sedi/spec'
import { type Cli, say } from './command.ts'
import { costSoFar } from './cost-so-far.ts'
import { formatCount, formatDuration, formatPercent, formatUsd } from './format.ts'
import { createTimeLeft, shareOf } from './live-view/progress-share.ts'

const lineMs = 5000

/**
 * Says where a run is, a line every few seconds, where nothing can be redrawn: round, stage, yield, dollars so far and at the end, dollars per
 * kept instruction, time left.
 */
export function createProgressLine(cli: Cli, { ledger, config }: { readonly ledger: Ledger; readonly config: RunConfig }, label: string) {
  const timeLeft = createTimeLeft(Date.now)
  let lastSaidAt = 0

  async function show(progress: Progress): Promise<void> {
    const leftMs = timeLeft(shareOf(progress, { trains: config.trainer.id !== 'none' }))
    if (Date.now() - lastSaidAt < lineMs) return
    lastSaidAt = Date.now()
    cli.stderr.write(`${await describe(progress, leftMs)}\n`)
  }

  async function describe(progress: Progress, leftMs: number | undefined): Promise<string> {
    const totals = await ledger.totals()
    const { raw, kept } = totals
    const costUsd = costSoFar(config, totals)
    const projectedUsd = progress.stage === 'done' ? null : projectCostUsd(config, totals)
    const parts = [
      `${label === '' ? '' : `${label} `}round ${progress.round}/${progress.rounds}`,
      `${progress.stage}${progress.planned === undefined ? '' : ` ${progress.done}/${progress.planned}`}`,
      raw === 0 ? '' : `kept ${formatCount(kept)} of ${formatCount(raw)} (${formatPercent(kept / raw, 0)})`,
      costUsd === null ? 'cost unknown' : `${formatUsd(costUsd)}${projectedUsd === null ? '' : ` of about ${formatUsd(projectedUsd)}`}`,
      kept === 0 || costUsd === null ? '' : `${formatUsd(costUsd / kept, 6)} per kept`,
      leftMs === undefined ? '' : `about ${formatDuration(leftMs)} left`,
    ]
    return parts.filter((part) => part !== '').join(' · ')
  }

  return {
    show: (progress: Progress): void => void show(progress).catch(() => {}),
    notice: (message: string): void => say(cli, message),
    end: (): void => {},
  }
}
