import { notesOf, reportRun } from '@sedi/kit'
import type { RunConfig } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { renderReport } from '../render-report.ts'
import { replayBaseline } from '../shadow-baseline.ts'
import { runFolder, runPath, storeOf } from '../store-of.ts'

type Options = { readonly out?: string; readonly baseline: boolean; readonly json?: boolean }

export default {
  name: 'status',
  describe: (command: Command) =>
    command
      .description('Where a run is: yield, cost, training, seeds. Works while it runs.')
      .argument('<run>', 'id or folder of the run')
      .option('--out <dir>', 'where runs are kept (default: ./runs)')
      .option('--no-baseline', 'do not replay Self-Instruct’s filter over what was written (saves a second for each 40,000 items)')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const path = runPath(cli, runIdOrPath!)
    const store = storeOf(cli, options.out)
    const ledger = await store.read(path)
    try {
      const report = await reportRun(ledger, await store.isHeld(path))
      const [run] = await ledger.find('run')
      const shadowBaseline = options.baseline ? await replayBaseline(cli, ledger, report) : null
      if (options.json) printJson(cli, { ...report, shadowBaseline })
      else print(cli, renderReport({ ...report, shadowBaseline }, await runFolder(cli, path, options.out), notesOf(run!.config as unknown as RunConfig)))
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand
