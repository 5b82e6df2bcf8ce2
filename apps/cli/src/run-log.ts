import type { HeldRun, Progress, RunEvent, RunOutcome } from '@sedi/kit'
import { type Command, Option } from 'commander'
import type { Cli } from './command.ts'
import { createLiveView } from './live-view/live-view.ts'
import { createProgressLine } from './progress-line.ts'

export type LogOptions = {
  /** `text`: for people. `json`: one JSON object per line, for machines; see docs/logs.md. @default text */
  readonly logFormat?: 'text' | 'json' | undefined
  /** Whether log lines and spans carry prompts and completions. @default false */
  readonly logPrompts?: boolean | undefined
}

export const logFormatOption = (): Option =>
  new Option('--log-format <format>', 'what goes to stderr: text for people, or json: one object per line').choices(['text', 'json'])

/** The options of commands that carry a run on. */
export function describeLogOptions(command: Command): Command {
  return command.addOption(logFormatOption()).option('--log-prompts', 'with --log-format json, and in OpenTelemetry spans: log prompts and completions as well')
}

type Watch = {
  readonly onProgress: (progress: Progress) => void
  readonly onNotice: (message: string) => void
  readonly onEvent: ((event: RunEvent) => void) | undefined
  readonly logTexts: boolean
  readonly end: (outcome: RunOutcome) => void
  /** However it ended; may be called again. */
  readonly close: () => void
}

/** What becomes of what a run tells while it goes on. */
export function watchRun(cli: Cli, run: HeldRun, label: string, { logFormat = 'text', logPrompts = false }: LogOptions): Watch {
  if (logFormat === 'json') return watchAsJson(cli, run, logPrompts)
  const watch = cli.isTerminal ? createLiveView(cli, run, label) : createProgressLine(cli, run, label)
  return { onProgress: watch.show, onNotice: watch.notice, onEvent: undefined, logTexts: logPrompts, end: watch.end, close: watch.end }
}

function watchAsJson(cli: Cli, { runId, folder }: HeldRun, logTexts: boolean): Watch {
  const log = (fields: { readonly level: string; readonly event: string } & Readonly<Record<string, unknown>>): void => {
    cli.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), run: runId, ...fields })}\n`)
  }
  log({ level: 'info', event: 'run.started', folder })
  return {
    onProgress: (progress) => log({ level: 'debug', event: 'run.progress', ...progress }),
    onNotice: (message) => log({ level: 'warn', event: 'run.notice', message }),
    onEvent: log,
    logTexts,
    end: ({ state, error }) =>
      log({ level: error === undefined ? 'info' : 'error', event: 'run.ended', state, code: error?.code ?? null, reason: error?.message ?? '' }),
    close: () => {},
  }
}
