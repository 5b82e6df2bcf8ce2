import { explain, renderExplanation } from '@sedi/kit'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { runPath, storeOf } from '../store-of.ts'

type Options = { readonly out?: string; readonly json?: boolean }

export default {
  name: 'explain',
  describe: (command: Command) =>
    command
      .description('Why an instruction was kept or rejected, where a seed came from, what a call brought.')
      .argument('<run>', 'id or folder of the run')
      .argument('<id>', 'an instruction (r01-c0000-i00), a seed (seed-001) or a call (r01-c0000)')
      .option('--out <dir>', 'where runs are kept (default: ./runs)')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runIdOrPath, id], options: Options) {
    const ledger = await storeOf(cli, options.out).read(runPath(cli, runIdOrPath!))
    try {
      const explanation = await explain(ledger, id!)
      if (options.json) printJson(cli, explanation)
      else print(cli, renderExplanation(explanation))
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand
