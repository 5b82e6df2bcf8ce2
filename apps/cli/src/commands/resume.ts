import { setTimeout as wait } from 'node:timers/promises'
import { type HeldRun, openRun } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { carryOut, showCarriedOut } from '../carry-out.ts'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitPaused } from '../exit-codes.ts'
import { positiveNumber, wholeNumber } from '../option-values.ts'
import { describeLogOptions, type LogOptions } from '../run-log.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'

type Options = LogOptions & {
  readonly store?: string
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly maxTrainingCost?: number
  readonly concurrency?: number
  readonly queue?: string
  readonly wait?: boolean
  readonly json?: boolean
}

export default {
  name: 'resume',
  group: 'start',
  summary: 'Continue a paused or interrupted run',
  examples: [
    { command: 'sedi resume <run>', does: 'from where its ledger ends; nothing is bought twice' },
    { command: 'sedi resume <run> --max-cost 5', does: 'with a higher budget' },
  ],
  describe: (command: Command) =>
    describeLogOptions(command)
      .description('Continue a paused or interrupted run from where its ledger ends.')
      .argument('<run>', 'id or folder of the run')
      .addOption(storeOption())
      .option('--max-cost <usd>', 'a new budget for the whole run', positiveNumber)
      .option('--max-tokens <n>', 'a new budget of tokens for the whole run', wholeNumber)
      .option('--max-training-cost <usd>', 'a new trainer.maxCostUsd, for trainers that bill', positiveNumber)
      .option('--concurrency <n>', 'calls in flight from now on', wholeNumber)
      .addOption(new Option('--queue <queue>', 'who makes the calls from now on: the run itself, or workers').choices(['in-process', 'pg-boss']))
      .option('--wait', 'while another process carries the run, stand by: take over when it ends, however it ends')
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
      ...(options.queue === undefined ? {} : { queue: options.queue }),
    }
    const open = () => openRun(runPath(cli, runIdOrPath!), storeOf(cli, options.store), changes)
    const run = options.wait === true ? await standBy(cli, open, options.logFormat !== 'json') : await open()
    if (options.logFormat !== 'json') say(cli, `Continuing ${run.runId} in ${run.folder}`)
    const carried = await carryOut(cli, run, options)
    showCarriedOut(cli, run, carried, options)
    return carried.exitCode
  },
} satisfies CliCommand

/** How often somebody who stands by tries; taking over may be so much later than it could. */
const tryEveryMs = 1000

/** Opens the run as soon as nobody else has it. */
async function standBy(cli: Cli, open: () => Promise<HeldRun>, talk: boolean): Promise<HeldRun> {
  for (let told = false; ; told = true) {
    try {
      return await open()
    } catch (error) {
      if (!SediError.is(error, 'conflict') || error.details.held !== true) throw error
    }
    if (talk && !told) say(cli, 'Another process carries this run; standing by.')
    await wait(tryEveryMs, undefined, { signal: cli.stop }).catch(() => {
      throw new SediError('aborted', 'Stopped while standing by.')
    })
  }
}
