import { countExisting, notesOfRun, reportRun } from '@sedi/kit/runs'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { renderReport } from '../render-report.ts'
import { replayBaseline } from '../shadow-baseline.ts'
import { runFolder, runPath, storeOf, storeOption } from '../store-of.ts'
import { columnsOf, wrapLines } from '../wrap-lines.ts'

type Options = { readonly store?: string; readonly baseline: boolean; readonly json?: boolean }

export default {
  name: 'status',
  group: 'look',
  summary: 'Where a run is: yield, cost, training, seeds',
  examples: [
    { command: 'sedi status <run>', does: 'also while it runs' },
    { command: 'sedi status <run> --json --no-baseline', does: 'for a program, without the replay of the baseline' },
  ],
  describe: (command: Command) =>
    command
      .description('Where a run is: yield, cost, training, seeds. Works while it runs.')
      .argument('<run>', 'id or folder of the run')
      .addOption(storeOption())
      .option('--no-baseline', 'do not replay Self-Instruct’s filter over what was written (saves a second for each 40,000 items)')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const path = runPath(cli, runIdOrPath!)
    const store = storeOf(cli, options.store)
    const ledger = await store.read(path)
    try {
      const report = await reportRun(ledger, await store.isHeld(path))
      const shadowBaseline = options.baseline ? await replayBaseline(cli, ledger, report) : null
      const existing = await countExisting(ledger)
      if (options.json) printJson(cli, { ...report, shadowBaseline, existing })
      else {
        const text = renderReport({ ...report, shadowBaseline, existing }, await runFolder(cli, path, options.store), await notesOfRun(ledger))
        print(cli, wrapLines(text, columnsOf(cli.stdout)))
      }
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand
