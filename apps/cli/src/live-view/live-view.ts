import { styleText } from 'node:util'
import type { Progress } from '@sedi/kit'
import type { Ledger, RunConfig } from '@sedi/spec'
import { type Cli, harmless } from '../command.ts'
import { createLiveRegion, type TerminalStream } from './live-region.ts'
import { createTimeLeft, shareOf } from './progress-share.ts'
import { createFigureReader, type ViewFigures } from './view-figures.ts'
import { type Paint, viewLines } from './view-lines.ts'

/** Not more often than five times a second. */
const redrawMs = 200

/** How often the ledger is read for it. */
const readMs = 500

export type LiveView = {
  readonly show: (progress: Progress) => void
  /** A message that stays; the view goes on below it. */
  readonly notice: (message: string) => void
  /** Takes the view off the screen. */
  readonly end: () => void
}

/** Where a run is, on a terminal: some lines redrawn in place. Every figure is the ledger’s. */
export function createLiveView(cli: Cli, { ledger, config }: { readonly ledger: Ledger; readonly config: RunConfig }, label: string): LiveView {
  const region = createLiveRegion(cli.stderr as TerminalStream)
  const paint = paintFor(cli.stderr)
  const timeLeft = createTimeLeft(Date.now)
  const readFigures = createFigureReader(ledger, config, Date.now)
  let progress: Progress | undefined
  let figures: ViewFigures | undefined
  let notices = 0
  let readAt = 0
  let reading = false
  let over = false

  /** A ledger that cannot be read ends the run by itself, with a better message. */
  async function refresh(): Promise<void> {
    if (reading || over || Date.now() - readAt < readMs) return
    reading = true
    const isFirst = figures === undefined
    figures = await readFigures().catch(() => figures)
    readAt = Date.now()
    reading = false
    if (isFirst) draw()
  }

  function draw(): void {
    void refresh()
    if (over || progress === undefined || figures === undefined) return
    const share = shareOf(progress, { trains: config.trainer.id !== 'none' })
    const state = { config, label, progress, share, timeLeftMs: timeLeft(share), figures, notices, stopping: cli.stop.aborted }
    region.draw(viewLines(state, { columns: region.columns(), rows: region.rows(), paint }))
  }

  const timer = setInterval(draw, redrawMs)
  timer.unref()
  // What a signal says comes next, where the view is now; after the second one nothing follows it.
  const makeRoom = (): void => region.clear()
  cli.stop.addEventListener('abort', makeRoom, { once: true })
  cli.abort?.addEventListener('abort', end, { once: true })

  function end(): void {
    over = true
    clearInterval(timer)
    cli.stop.removeEventListener('abort', makeRoom)
    cli.abort?.removeEventListener('abort', end)
    region.clear()
  }

  return {
    show(latest) {
      const isFirst = progress === undefined
      progress = latest
      if (isFirst) draw()
    },
    notice(message) {
      notices++
      region.above(harmless(message))
    },
    end,
  }
}

/** Colours as the terminal has them and NO_COLOR, FORCE_COLOR and TERM allow them. */
function paintFor(stream: NodeJS.WritableStream): Paint {
  const hasColors = (stream as { readonly hasColors?: () => boolean }).hasColors?.() === true
  return (style, text) => (hasColors ? styleText(style, text, { validateStream: false }) : text)
}
