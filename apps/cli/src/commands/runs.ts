import { publicStoreAddress } from '@sedi/kit/runs'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatTable, formatUsd } from '../format.ts'
import { storeOf, storeOption } from '../store-of.ts'

type Options = { readonly store?: string; readonly json?: boolean }

export default {
  name: 'runs',
  group: 'look',
  summary: 'List the runs of a folder',
  examples: [
    { command: 'sedi runs', does: 'those in ./runs' },
    { command: 'sedi runs --store sedi-quickstart/runs --json', does: 'of another folder, for a program' },
  ],
  describe: (command: Command) => command.description('List the runs of a store.').addOption(storeOption()).option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, _args, options: Options) {
    const runs = await storeOf(cli, options.store).list()
    if (options.json) printJson(cli, runs)
    else if (runs.length === 0) print(cli, `No runs in ${publicStoreAddress(options.store ?? './runs')}.`)
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
