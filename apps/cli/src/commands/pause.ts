import type { Command } from 'commander'
import type { Cli, CliCommand } from '../command.ts'
import { describeStop, stopFromHere } from '../stop-command.ts'

export default {
  name: 'pause',
  describe: (command: Command) => describeStop(command.description('Pause a run that another process carries on: what is in flight is finished and recorded.')),
  run: (cli: Cli, [runIdOrPath], options: Parameters<typeof stopFromHere>[3]) => stopFromHere(cli, 'pause', runIdOrPath!, options),
} satisfies CliCommand
