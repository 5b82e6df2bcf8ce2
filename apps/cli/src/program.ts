import { softwareVersion } from '@sedi/kit'
import { toSediError } from '@sedi/spec'
import { Command, CommanderError } from 'commander'
import { type Cli, type CliCommand, printJson, say } from './command.ts'
import { commands } from './commands/registry.gen.ts'
import { exitCodeOf, exitDone, exitFailed, exitUsage, isDamaged } from './exit-codes.ts'

/** Parses arguments, runs one command and returns the exit code; never throws, never exits. */
export async function runProgram(argv: readonly string[], cli: Cli): Promise<number> {
  let exitCode = exitDone
  const program = new Command('sedi')
    .description('Make instruction data that learns what to ask for next.')
    .version(softwareVersion)
    .showHelpAfterError('(sedi --help lists the commands, sedi <command> --help their options)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.stdout.write(text), writeErr: (text) => cli.stderr.write(text) })
  for (const definition of Object.values(commands) as readonly CliCommand[]) {
    const command = definition.describe(program.command(definition.name)).exitOverride()
    command.action(async (...received: unknown[]) => {
      const args = received.slice(0, -2).flat() as (string | undefined)[]
      exitCode = await runCommand(definition, cli, args, command.opts())
    })
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitUsage
    throw error
  }
}

async function runCommand(
  definition: CliCommand,
  cli: Cli,
  args: readonly (string | undefined)[],
  options: Readonly<Record<string, unknown>>,
): Promise<number> {
  try {
    return await definition.run(cli, args, options)
  } catch (thrown) {
    const error = toSediError(thrown)
    if (options.json === true) printJson(cli, { error: { code: error.code, message: error.message, details: error.details } })
    say(cli, `sedi ${definition.name}: ${error.message}`)
    if (error.code === 'internal' && error.cause instanceof Error) say(cli, `${error.cause.stack ?? ''}\nThis is a defect in SeDi; please report it.`)
    return isDamaged(error) ? exitFailed : (definition.exitCodeOf?.(error) ?? exitCodeOf[error.code])
  }
}
