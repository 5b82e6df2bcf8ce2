import { openRun } from '@sedi/kit'
import type { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { carryOut, showCarriedOut } from '../carry-out.ts'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitPaused } from '../exit-codes.ts'
import { positiveNumber } from '../option-values.ts'
import { runPath, storeOf } from '../store-of.ts'

type Options = { readonly out?: string; readonly maxCost?: number; readonly concurrency?: number; readonly json?: boolean }

export default {
  name: 'resume',
  describe: (command: Command) =>
    command
      .description('Continue a paused or interrupted run from where its ledger ends.')
      .argument('<run>', 'id or folder of the run')
      .option('--out <dir>', 'where runs are kept (default: ./runs)')
      .option('--max-cost <usd>', 'a new budget for the whole run', positiveNumber)
      .option('--concurrency <n>', 'calls in flight from now on', positiveNumber)
      .option('--json', 'one JSON document on stdout'),

  // A run that exists stays resumable when its disk cannot be written.
  exitCodeOf: (error: SediError) => (error.code === 'storage' ? exitPaused : undefined),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const changes = {
      ...(options.maxCost === undefined ? {} : { budget: { maxCostUsd: options.maxCost } }),
      ...(options.concurrency === undefined ? {} : { limits: { concurrency: options.concurrency } }),
    }
    const run = await openRun(runPath(cli, runIdOrPath!), storeOf(cli, options.out), changes)
    say(cli, `Continuing ${run.runId} in ${run.folder}`)
    const carried = await carryOut(cli, run)
    showCarriedOut(cli, run, carried, options.json)
    return carried.exitCode
  },
} satisfies CliCommand
