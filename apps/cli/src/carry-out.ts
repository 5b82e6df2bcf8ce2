import {
  asSentence,
  countExisting,
  type ExistingTexts,
  type HeldRun,
  madeSentence,
  notesOf,
  type RunOutcome,
  type RunReport,
  reportRun,
  type ShadowBaseline,
} from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Cli, print, printJson, say } from './command.ts'
import { exitCodeOfRun } from './exit-codes.ts'
import { nextCommands, type WorthALook, worthALook } from './look-next.ts'
import { renderReport } from './render-report.ts'
import { type LogOptions, watchRun } from './run-log.ts'
import { replayBaseline } from './shadow-baseline.ts'
import { columnsOf, wrapLines } from './wrap-lines.ts'

export type CarriedOut = {
  readonly outcome: RunOutcome
  readonly report: RunReport
  /** Null when the run was stopped by its user, who is not made to wait for it, or has written nothing. */
  readonly shadowBaseline: ShadowBaseline | null
  /** Null without `filter.against`. */
  readonly existing: ExistingTexts | null
  /** What to look at first; undefined when nothing was written. */
  readonly look: WorthALook | undefined
  readonly exitCode: number
}

export type CarryOutOptions = LogOptions & {
  /** Which run it is, where there are several. */
  readonly label?: string | undefined
  /** For what else has to be read from its ledger. */
  readonly beforeClosing?: (() => Promise<void>) | undefined
}

/** Carries a held run to its end or next pause, showing progress on stderr or logging there, and closes it. */
export async function carryOut(cli: Cli, run: HeldRun, { label = '', beforeClosing = async () => {}, ...log }: CarryOutOptions = {}): Promise<CarriedOut> {
  const { onProgress, onNotice, onEvent, logTexts, end, close } = watchRun(cli, run, label, log)
  try {
    await cli.telemetry?.begin()
    const outcome = await run.execute({ stop: cli.stop, abort: cli.abort, onProgress, onNotice, onEvent, logTexts })
    end(outcome)
    const report = await reportRun(run.ledger)
    const shadowBaseline = cli.stop.aborted ? null : await replayBaseline(cli, run.ledger, report, { quiet: log.logFormat === 'json' })
    const existing = await countExisting(run.ledger)
    const look = await worthALook(run.ledger)
    await beforeClosing()
    return { outcome, report, shadowBaseline, existing, look, exitCode: exitCodeOfRun(outcome, report.calls) }
  } catch (error) {
    throw SediError.is(error, 'storage') ? ofRun(error, run) : error
  } finally {
    close()
    await run.close()
  }
}

/** A ledger that cannot be reached cannot be told of the pause either: the error says which run there is to resume. */
const ofRun = (error: SediError, { runId }: HeldRun): SediError =>
  new SediError('storage', error.message, { details: { ...error.details, run: runId }, cause: error.cause })

/** The report on stdout, and on stderr why the run is not done, or what was made and where to look at it. */
export function showCarriedOut(
  cli: Cli,
  run: HeldRun,
  carried: CarriedOut,
  { json = false, logFormat }: Pick<LogOptions, 'logFormat'> & { readonly json?: boolean | undefined } = {},
): void {
  const { report, shadowBaseline, existing, outcome, look } = carried
  const error = outcome.error && { code: outcome.error.code, message: outcome.error.message }
  if (json) printJson(cli, { ...report, shadowBaseline, existing, folder: run.folder, error })
  else print(cli, wrapLines(renderReport({ ...report, shadowBaseline, existing }, run.folder, notesOf(run.config)), columnsOf(cli.stdout)))
  if (logFormat === 'json') return
  sayOutcome(cli, carried)
  if (outcome.state !== 'done' || json) return
  say(cli, `\n${wrapLines(asSentence(madeSentence(report, shadowBaseline)), columnsOf(cli.stderr))}\n\nNext:`)
  for (const command of nextCommands(cli, run, look)) say(cli, command)
}

/** Why a run is not done and what to do, on stderr. */
export function sayOutcome(cli: Cli, { outcome, report, exitCode }: CarriedOut): void {
  if (outcome.error === undefined) return
  say(cli, `${verbs[outcome.state] ?? 'Ended'} (${outcome.error.code}): ${outcome.error.message}`)
  if (report.uncertainAttempts > 0)
    say(cli, `${report.uncertainAttempts} attempts may have been billed without an answer, at most $${report.uncertainUsd.toFixed(6)}.`)
  if (outcome.state === 'cancelled') say(cli, `Everything recorded is kept; the run is not continued. Its data: sedi export ${report.run}`)
  else if (exitCode !== 1)
    say(cli, `Everything recorded is kept. Continue with: sedi resume ${report.run}${outcome.error.code === 'budget-exhausted' ? ' and a higher budget' : ''}`)
}

const verbs: Readonly<Partial<Record<RunOutcome['state'], string>>> = { paused: 'Paused', cancelled: 'Cancelled', failed: 'Failed' }
