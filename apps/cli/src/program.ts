import { Command, CommanderError, Option } from 'commander'
import { type Cli, type CliCommand, commandGroups, type Example, type ListedCommand, printJson, say } from './command.ts'
import { commands } from './commands/registry.gen.ts'
import { exitCodeOf, exitDone, exitFailed, exitPaused, exitUsage, isDamaged, leavesARun } from './exit-codes.ts'
import { hintOf, nearestChoice, withHint } from './hints.ts'
import { softwareVersion } from './version.ts'

/** Parses arguments, runs one command and returns the exit code; never throws, never exits. */
export async function runProgram(argv: readonly string[], cli: Cli): Promise<number> {
  let exitCode = exitDone
  const program = await createProgram(cli, argv, async (definition, args, options) => {
    exitCode = await runCommand(definition, cli, args, options)
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitDone
    const near = await nearestChoice(error.message)
    if (near !== undefined) say(cli, `(Did you mean ${near}?)`)
    return exitUsage
  }
}

type Execute = (definition: CliCommand, args: readonly (string | undefined)[], options: Readonly<Record<string, unknown>>) => Promise<void>

/**
 * What can be typed, as commander has it: of the commands among `words` with arguments and options, of the others name and summary. `execute` gets what
 * was parsed.
 *
 * @param words what is parsed later: the command that is meant is one of them, and only these are loaded
 */
export async function createProgram(cli: Pick<Cli, 'stdout' | 'stderr'>, words: readonly string[], execute: Execute): Promise<Command> {
  const program = new Command('sedi')
    .usage('<command> [options]')
    .description(`Make instruction data that learns what to ask for next.\n\n${aligned('First steps:', firstSteps)}`)
    .version(softwareVersion, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help; “sedi <command> --help” has every option of a command, and examples')
    .addHelpCommand(new Command('help').argument('[command]').description('Print the help of a command').helpGroup(commandGroups.upkeep))
    .showHelpAfterError('(sedi --help lists the commands, sedi <command> --help their options)')
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      writeErr: (text) => cli.stderr.write(text),
      outputError: (text, write) => write(withHint(text)),
    })
  const groups = Object.keys(commandGroups)
  const inOrder = Object.entries<ListedCommand>(commands).toSorted(([, a], [, b]) => groups.indexOf(a.group) - groups.indexOf(b.group))
  for (const [name, { group, summary, load }] of inOrder) {
    const command = program.command(name).summary(summary).helpGroup(commandGroups[group])
    if (words.includes(name)) describeCommand(command, await load(), execute)
  }
  return program
}

/** The program with every argument and option of every command: for completion and documentation. It carries nothing out. */
export const createWholeProgram = (cli: Pick<Cli, 'stdout' | 'stderr'>): Promise<Command> => createProgram(cli, Object.keys(commands), async () => {})

function describeCommand(command: Command, definition: CliCommand, execute: Execute): void {
  definition
    .describe(command)
    .helpOption('-h, --help', 'print this')
    .showHelpAfterError(`(sedi ${definition.name} --help shows its options and examples)`)
    .addHelpText('after', () => `\n${aligned('Examples:', definition.examples)}`)
    .exitOverride()
  acceptFormerStoreOption(command)
  command.action((...received: unknown[]) => execute(definition, received.slice(0, -2).flat() as (string | undefined)[], command.opts()))
}

/** `--store` was called `--out` where a command writes nothing; what is in people's scripts still works. */
function acceptFormerStoreOption(command: Command): void {
  const has = (name: string): boolean => command.options.some(({ long }) => long === name)
  if (!has('--store') || has('--out')) return
  command.addOption(new Option('--out <address>').hideHelp()).on('option:out', (address: string) => command.setOptionValue('store', address))
}

const firstSteps: readonly Example[] = [
  { command: 'sedi quickstart', does: 'the whole loop, simulated: no key needed' },
  { command: 'sedi init', does: 'a configuration; finds keys and servers' },
  { command: 'sedi run --dry-run', does: 'the plan and its price; sends nothing' },
  { command: 'sedi run', does: 'make the data' },
  { command: 'sedi export <run> --out data.jsonl', does: 'and take it with you' },
]

/** Commands and what they do: side by side where all fit, else one under the other. */
function aligned(title: string, examples: readonly Example[]): string {
  const width = Math.max(...examples.map(({ command }) => command.length))
  const fits = examples.every(({ does }) => width + does.length + 4 <= lineWidth)
  return [title, ...examples.map(({ command, does }) => (fits ? `  ${command.padEnd(width)}  ${does}` : `  ${command}\n      ${does}`))].join('\n')
}

const lineWidth = 80

async function runCommand(
  definition: CliCommand,
  cli: Cli,
  args: readonly (string | undefined)[],
  options: Readonly<Record<string, unknown>>,
): Promise<number> {
  try {
    await cli.readKeys?.()
    return await definition.run(cli, args, options)
  } catch (thrown) {
    const { toSediError } = await import('@sedi/spec')
    const error = toSediError(thrown)
    if (options.json === true) printJson(cli, { error: { code: error.code, message: error.message, details: error.details } })
    say(cli, `sedi ${definition.name}: ${error.message}`)
    const hint = await hintOf(error, cli.cwd, options)
    if (hint !== undefined) say(cli, hint)
    if (error.code === 'internal' && error.cause instanceof Error) say(cli, `${error.cause.stack ?? ''}\nThis is a defect in SeDi; please report it.`)
    if (leavesARun(error)) return exitPaused
    return isDamaged(error) ? exitFailed : (definition.exitCodeOf?.(error) ?? exitCodeOf[error.code])
  }
}
