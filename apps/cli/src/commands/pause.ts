import type { Command } from 'commander'
import type { Cli, CliCommand } from '../command.ts'
import { describeStop, stopFromHere } from '../stop-command.ts'

export default {
  name: 'pause',
  group: 'start',
  summary: 'Pause a run that another process carries on',
  examples: [
    { command: 'sedi pause <run>', does: 'waits until it has' },
    { command: 'sedi pause <run> --wait 300', does: 'for up to five minutes' },
  ],
  describe: (command: Command) => describeStop(command.description('Pause a run that another process carries on: what is in flight is finished and recorded.')),
  run: (cli: Cli, [runIdOrPath], options: Parameters<typeof stopFromHere>[3]) => stopFromHere(cli, 'pause', runIdOrPath!, options),
} satisfies CliCommand
