import { hostname } from 'node:os'
import { workOnCalls } from '@sedi/kit'
import type { Command } from 'commander'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { positiveNumber } from '../option-values.ts'
import { storeOf } from '../store-of.ts'
import { createWorkerLog } from '../worker-log.ts'

type Options = { readonly concurrency: number; readonly logFormat?: string }

export default {
  name: 'worker',
  describe: (command: Command) =>
    command
      .description('Make calls for the runs of a store whose configuration says queue: pg-boss, until it is stopped. Start as many as you like, anywhere.')
      .argument('<store>', 'postgres://host/database')
      .option('--concurrency <n>', 'most calls in flight, over all runs', positiveNumber, 16)
      .option('--log-format <format>', 'text or json: lines on stderr', 'text')
      .addHelpText('after', '\nKeys of the providers are read from this environment, as for “sedi run”. Ctrl-C leaves: what is in flight is finished.'),

  async run(cli: Cli, [store], options: Options) {
    const log = createWorkerLog(cli, options.logFormat === 'json')
    log.say(`Worker ${hostname()}/${process.pid}: up to ${options.concurrency} calls at a time.`)
    try {
      await workOnCalls({ store: storeOf(cli, store), concurrency: options.concurrency, stop: cli.stop, abort: cli.abort, onEvent: log.onEvent })
    } finally {
      log.end()
    }
    if (options.logFormat !== 'json') say(cli, 'Left. Nothing is in this worker’s hands.')
    return exitDone
  },
} satisfies CliCommand
