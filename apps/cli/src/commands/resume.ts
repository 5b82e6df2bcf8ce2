import { openRun } from '@sedi/kit'
import type { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { carryOut, showCarriedOut } from '../carry-out.ts'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitPaused } from '../exit-codes.ts'
import { positiveNumber, wholeNumber } from '../option-values.ts'
import { describeLogOptions, type LogOptions } from '../run-log.ts'
import { runPath, storeOf } from '../store-of.ts'

type Options = LogOptions & {
  readonly out?: string
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly maxTrainingCost?: number
  readonly concurrency?: number
  readonly json?: boolean
}

export default {
  name: 'resume',
  describe: (command: Command) =>
    describeLogOptions(command)
      .description('Continue a paused or interrupted run from where its ledger ends.')
      .argument('<run>', 'id or folder of the run')
      .option('--out <dir>', 'where runs are kept (default: ./runs)')
      .option('--max-cost <usd>', 'a new budget for the whole run', positiveNumber)
      .option('--max-tokens <n>', 'a new budget of tokens for the whole run', wholeNumber)
      .option('--max-training-cost <usd>', 'a new trainer.maxCostUsd, for trainers that bill', positiveNumber)
      .option('--concurrency <n>', 'calls in flight from now on', positiveNumber)
      .option('--json', 'one JSON document on stdout'),

  // A run that exists stays resumable when its disk cannot be written.
  exitCodeOf: (error: SediError) => (error.code === 'storage' ? exitPaused : undefined),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const budget = {
      ...(options.maxCost === undefined ? {} : { maxCostUsd: options.maxCost }),
      ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
    }
    const changes = {
      ...(Object.keys(budget).length === 0 ? {} : { budget }),
      ...(options.maxTrainingCost === undefined ? {} : { trainer: { maxCostUsd: options.maxTrainingCost } }),
      ...(options.concurrency === undefined ? {} : { limits: { concurrency: options.concurrency } }),
    }
    const run = await openRun(runPath(cli, runIdOrPath!), storeOf(cli, options.out), changes)
    if (options.logFormat !== 'json') say(cli, `Continuing ${run.runId} in ${run.folder}`)
    const carried = await carryOut(cli, run, options)
    showCarriedOut(cli, run, carried, options)
    return carried.exitCode
  },
} satisfies CliCommand
