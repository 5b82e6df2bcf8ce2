import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import type { FaultKind, Plan } from '@sedi/testing'
import type { Command } from 'commander'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { nonNegativeNumber, port, positiveNumber, share } from '../option-values.ts'

type Options = {
  readonly port: number
  readonly book: string
  readonly apiKey?: string
  readonly worldSeed: number
  readonly latency: number
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly faultRate: number
  readonly faults: string
  readonly faultSeed: number
  readonly scenario?: string
}

const names = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

export default {
  name: 'fake-provider',
  describe: (command: Command) =>
    command
      .description(
        'Serve the simulated teacher as an OpenAI-compatible HTTP server on loopback, with limits, faults and a request book. Model: simulated-teacher.',
      )
      .option('--port <port>', 'port to listen on; 0 takes a free one', port, 4871)
      .option('--book <file>', 'where a separate process keeps the request book', 'fake-provider-book.jsonl')
      .option('--api-key <key>', 'the bearer key clients must send (default: anyone may ask)')
      .option('--world-seed <n>', 'which simulated world', nonNegativeNumber, 1)
      .option('--latency <ms>', 'how long an answer takes', nonNegativeNumber, 0)
      .option('--requests-per-minute <n>', 'refuse more with 429', positiveNumber)
      .option('--tokens-per-minute <n>', 'refuse more with 429', positiveNumber)
      .option('--fault-rate <share>', 'share of requests that go wrong', share, 0)
      .option('--faults <kinds>', 'which faults, comma-separated', '429,429-retry-after,500,reset-before,reset-after,truncated,html-200')
      .option('--fault-seed <n>', 'which requests they hit', nonNegativeNumber, 1)
      .option('--scenario <kinds>', 'what happens to the first requests in order of arrival, comma-separated; “normal” answers'),

  async run(cli: Cli, _args, options: Options) {
    const { runFakeProvider } = await loadTesting()
    try {
      await runFakeProvider({
        port: options.port,
        bookFile: resolve(cli.cwd, options.book),
        apiKey: options.apiKey,
        worldSeed: options.worldSeed,
        latencyMs: options.latency,
        limits: { requestsPerMinute: options.requestsPerMinute, tokensPerMinute: options.tokensPerMinute },
        scenario: names(options.scenario ?? '') as Plan[],
        faults: { rate: options.faultRate, kinds: names(options.faults) as FaultKind[], seed: options.faultSeed },
        signal: cli.stop,
        onListening: ({ url }) => say(cli, `Listening on ${url}, model simulated-teacher, book ${options.book}. Ctrl-C stops.`),
      })
      return exitDone
    } catch (error) {
      if (error instanceof RangeError) throw new SediError('invalid-config', error.message)
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
        throw new SediError('invalid-config', `Port ${options.port} is taken; choose another with --port.`)
      throw error
    }
  },
} satisfies CliCommand

async function loadTesting(): Promise<typeof import('@sedi/testing')> {
  try {
    return await import('@sedi/testing')
  } catch (error) {
    throw new SediError('missing-dependency', 'The fake provider is in the package @sedi/testing, which is not installed.', { cause: error })
  }
}
