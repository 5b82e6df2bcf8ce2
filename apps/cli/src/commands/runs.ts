import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatTable, formatUsd } from '../format.ts'
import { storeOf } from '../store-of.ts'

type Options = { readonly out?: string; readonly json?: boolean }

export default {
  name: 'runs',
  describe: (command: Command) =>
    command
      .description('List the runs of a store.')
      .option('--out <dir>', 'where runs are kept (default: ./runs)')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, _args, options: Options) {
    const runs = await storeOf(cli, options.out).list()
    if (options.json) printJson(cli, runs)
    else if (runs.length === 0) print(cli, `No runs in ${options.out ?? './runs'}.`)
    else {
      const rows = runs.map(({ runId, recipe, state, totals }) => [
        runId,
        recipe,
        state,
        formatCount(totals.calls),
        formatCount(totals.kept),
        formatUsd(totals.unpricedCalls > 0 ? null : totals.settledNanoUsd / 1e9),
      ])
      print(cli, formatTable([['run', 'recipe', 'state', 'calls', 'kept', 'cost'], ...rows]))
    }
    return exitDone
  },
} satisfies CliCommand
