import type { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import type { Telemetry } from './telemetry.ts'

/** What a command may use of the world; tests hand in their own. */
export type Cli = {
  /** The caller's folder: relative names mean this. */
  readonly cwd: string
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Where a person can be asked: a terminal. @default nobody can be asked */
  readonly stdin?: NodeJS.ReadStream | undefined
  /** Whether stderr is a terminal that can redraw a line. */
  readonly isTerminal: boolean
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly stop: AbortSignal
  /** Aborted by the second: what is in flight is not awaited. */
  readonly abort?: AbortSignal | undefined
  readonly telemetry?: Telemetry | undefined
  /** Called before a command is carried out: puts keys into the environment. */
  readonly readKeys?: (() => Promise<unknown>) | undefined
}

/** The headings of `sedi --help`, in their order. */
export const commandGroups = {
  start: 'Start and steer:',
  look: 'Look at runs:',
  data: 'Data:',
  train: 'Train and evaluate:',
  serve: 'Serve and share the work:',
  upkeep: 'Ledger and shell:',
} as const

/** A command as `sedi --help` and a typing mistake know it; the rest is loaded once it is typed. */
export type ListedCommand = Pick<CliCommand, 'group' | 'summary'> & { load(): Promise<CliCommand> }

/** A line that works as it stands, but for names in angle brackets; a test parses every one. */
export type Example = { readonly command: string; readonly does: string }

/** One file in `commands/` exports one of these; `name` is the file's name and the verb people type. */
export type CliCommand = {
  readonly name: string
  /** Where `sedi --help` lists it. */
  readonly group: keyof typeof commandGroups
  /** Its line there, without a full stop. The description, in the command's own help, says the rest. It and `group` are copied into the registry. */
  readonly summary: string
  /** Two to four, shown under the options. */
  readonly examples: readonly [Example, Example, ...Example[]]
  /** Arguments, options and help text. */
  describe(command: Command): Command
  /** Exit code of an error where it is another than usual. */
  exitCodeOf?(error: SediError): number | undefined
  /** Returns the exit code. `args` are the positional arguments in order, repeated ones (`<in...>`) one by one. */
  run(cli: Cli, args: readonly (string | undefined)[], options: Readonly<Record<string, unknown>>): Promise<number>
}

/** One JSON document on stdout: the whole answer of a command called with --json. */
export function printJson(cli: Cli, value: unknown): void {
  cli.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

export function print(cli: Cli, text: string): void {
  cli.stdout.write(`${harmless(text)}\n`)
}

/** For people, beside the answer: progress, notices, what to do next. */
export function say(cli: Cli, text: string): void {
  cli.stderr.write(`${harmless(text)}\n`)
}

/** Words of models, providers and files are in what we print; a terminal must not take them for commands. */
export const harmless = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '?')
