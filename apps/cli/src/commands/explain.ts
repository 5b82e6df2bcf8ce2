import { explain, renderExplanation } from '@sedi/kit/runs'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'
import { columnsOf, wrapLines } from '../wrap-lines.ts'

type Options = { readonly store?: string; readonly json?: boolean }

export default {
  name: 'explain',
  group: 'look',
  summary: 'Why something was kept, rejected or made a seed',
  examples: [
    { command: 'sedi explain <run> r01-c0003-i07', does: 'one instruction: prompt, verdict, nearest text' },
    { command: 'sedi explain <run> seed-014', does: 'the whole story of a seed' },
    { command: 'sedi explain <run> r01-c0003', does: 'what one call brought and cost' },
  ],
  describe: (command: Command) =>
    command
      .description('Why an instruction was kept or rejected, where a seed came from, what a call brought.')
      .argument('<run>', 'id or folder of the run')
      .argument('<id>', 'an instruction (r01-c0000-i00), a seed (seed-001) or a call (r01-c0000)')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runIdOrPath, id], options: Options) {
    const ledger = await storeOf(cli, options.store).read(runPath(cli, runIdOrPath!))
    try {
      const explanation = await explain(ledger, id!)
      if (options.json) printJson(cli, explanation)
      else print(cli, wrapLines(renderExplanation(explanation), columnsOf(cli.stdout)))
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand
