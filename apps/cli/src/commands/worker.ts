import { hostname } from 'node:os'
import { workOnCalls } from '@sedi/kit'
import type { Command } from 'commander'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { port, wholeNumber } from '../option-values.ts'
import { type LogOptions, logFormatOption } from '../run-log.ts'
import { storeOf } from '../store-of.ts'
import { startHealth } from '../worker-health.ts'
import { createWorkerLog } from '../worker-log.ts'

type Options = Pick<LogOptions, 'logFormat'> & { readonly concurrency: number; readonly healthPort?: number; readonly healthHost: string }

export default {
  name: 'worker',
  group: 'serve',
  summary: 'Make calls for runs in PostgreSQL',
  examples: [
    { command: 'sedi worker postgres://host/sedi', does: 'until it is stopped; start as many as you like' },
    { command: 'sedi worker postgres://host/sedi --concurrency 32 --health-port 8080', does: 'with probes and metrics' },
  ],
  describe: (command: Command) =>
    command
      .description('Make calls for the runs of a store whose configuration says queue: pg-boss, until it is stopped. Start as many as you like, anywhere.')
      .argument('<store>', 'postgres://host/database')
      .option('--concurrency <n>', 'most calls in flight, over all runs', wholeNumber, 16)
      .addOption(logFormatOption())
      .option('--health-port <port>', 'answer /healthz, /readyz and /metrics here, for probes and Prometheus; 0 takes a free one', port)
      .option('--health-host <address>', 'where to; other machines get metrics only with SEDI_API_TOKEN', '127.0.0.1')
      .addHelpText(
        'after',
        '\nKeys of the providers are read from this environment, as for “sedi run”. Ctrl-C leaves: what is in flight is finished; so does SIGTERM, for up to SEDI_GRACE_SECONDS (25).',
      ),

  async run(cli: Cli, [store], options: Options) {
    const log = createWorkerLog(cli, options.logFormat === 'json')
    const runs = storeOf(cli, store)
    const health = options.healthPort === undefined ? undefined : await startHealth(cli, runs, options.healthPort, options.healthHost, log)
    await cli.telemetry?.begin()
    log.say(`Worker ${hostname()}/${process.pid}: up to ${options.concurrency} calls at a time.`)
    try {
      await workOnCalls({ store: runs, concurrency: options.concurrency, stop: cli.stop, abort: cli.abort, onEvent: log.onEvent })
    } finally {
      log.end()
      await health?.close()
    }
    if (options.logFormat !== 'json') say(cli, 'Left. Nothing is in this worker’s hands.')
    return exitDone
  },
} satisfies CliCommand
