import type { Command } from 'commander'
import type { Cli, CliCommand } from '../command.ts'
import { describeStop, stopFromHere } from '../stop-command.ts'

export default {
  name: 'cancel',
  group: 'start',
  summary: 'End a run for good; what it recorded stays',
  examples: [
    { command: 'sedi cancel <run>', does: 'waits until what is in flight is recorded' },
    { command: 'sedi cancel <run> --no-wait', does: 'leaves the request and returns' },
  ],
  describe: (command: Command) =>
    describeStop(command.description('End a run for good: what is in flight is finished, training is stopped, everything recorded stays.')),
  run: (cli: Cli, [runIdOrPath], options: Parameters<typeof stopFromHere>[3]) => stopFromHere(cli, 'cancel', runIdOrPath!, options),
} satisfies CliCommand
