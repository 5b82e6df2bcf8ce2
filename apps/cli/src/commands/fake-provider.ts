import { resolve } from 'node:path'
import { SediError } from '@sedi/spec'
import type { FaultKind, ImitationId, Plan } from '@sedi/testing'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { latency, nameList, nonNegativeNumber, port, positiveNumber, share } from '../option-values.ts'

type Testing = typeof import('@sedi/testing')

type Options = {
  readonly port: number
  readonly book: string
  readonly imitation: string
  readonly apiKey?: string
  readonly worldSeed: number
  readonly answer?: string
  readonly latency: number | readonly [number, number]
  readonly promptCache: boolean
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly window: number
  readonly burst?: number
  readonly faultRate: number
  readonly faults: string
  readonly faultSeed: number
  readonly scenario?: string
  readonly list?: boolean
}

export default {
  name: 'fake-provider',
  group: 'serve',
  summary: 'A simulated teacher over HTTP, to try everything with',
  examples: [
    { command: 'sedi fake-provider --port 8000', does: 'an OpenAI-compatible server without keys or cost' },
    { command: 'sedi fake-provider --imitation groq --tokens-per-minute 30000', does: 'as Groq behaves, with a limit' },
    { command: 'sedi fake-provider --fault-rate 0.2 --faults limits,transport', does: 'a fifth of the requests go wrong' },
    { command: 'sedi fake-provider --list', does: 'every imitation, model and fault' },
  ],
  describe: (command: Command) =>
    command
      .description('Serve the simulated teacher as an OpenAI-compatible HTTP server on loopback, with limits, faults and a request book.')
      .option('--list', 'print every imitation, model and fault, and end')
      .optionsGroup('Who it is:')
      .option('--port <port>', 'port to listen on; 0 takes a free one', port, 4871)
      .option('--imitation <name>', 'which server it is like: openai, azure, vllm, ollama, groq, … (--list)', 'openai')
      .option('--api-key <key>', 'the key clients must send (default: anyone may ask)')
      .option('--world-seed <n>', 'which simulated world', nonNegativeNumber, 1)
      .option('--answer <text>', 'say this to everything, for benchmarks (default: the teacher’s own words)')
      .option('--book <file>', 'where a separate process keeps the request book', 'fake-provider-book.jsonl')
      .optionsGroup('How fast it is:')
      .option('--latency <ms>', 'how long an answer takes; 100-400 for a range', latency, 0)
      .option('--requests-per-minute <n>', 'refuse more with 429', positiveNumber)
      .option('--tokens-per-minute <n>', 'refuse more with 429', positiveNumber)
      .option('--window <s>', 'limits hold for any stretch of so many seconds', positiveNumber, 60)
      .option('--burst <s>', 'at most so many seconds’ worth of requests may come at once (default: a whole window’s)', positiveNumber)
      .option('--no-prompt-cache', 'count no beginning of a prompt as cached')
      .optionsGroup('What goes wrong:')
      .option('--fault-rate <share>', 'share of requests that go wrong', share, 0)
      .option(
        '--faults <kinds>',
        'which faults, comma-separated; the name of a group means all of it (--list)',
        '429,429-retry-after,500,reset-before,reset-after,truncated,html-200',
      )
      .option('--fault-seed <n>', 'which requests they hit', nonNegativeNumber, 1)
      .option('--scenario <kinds>', 'what happens to the first requests in order of arrival, comma-separated; “normal” answers')
      .addHelpText('after', whileItRuns),

  async run(cli: Cli, _args, options: Options) {
    const testing = await import('@sedi/testing')
    if (options.list === true) {
      print(cli, listing(testing))
      return exitDone
    }
    try {
      await testing.runFakeProvider({
        port: options.port,
        bookFile: resolve(cli.cwd, options.book),
        imitation: options.imitation as ImitationId,
        apiKey: options.apiKey,
        worldSeed: options.worldSeed,
        answer: options.answer,
        latencyMs: options.latency,
        promptCache: options.promptCache,
        limits: {
          requestsPerMinute: options.requestsPerMinute,
          tokensPerMinute: options.tokensPerMinute,
          windowMs: options.window * 1_000,
          burstMs: options.burst === undefined ? undefined : options.burst * 1_000,
        },
        scenario: withGroups(nameList(options.scenario ?? ''), testing) as Plan[],
        faults: { rate: options.faultRate, kinds: withGroups(nameList(options.faults), testing) as FaultKind[], seed: options.faultSeed },
        signal: cli.stop,
        onListening: ({ url, port }) =>
          say(
            cli,
            `Listening on ${url} as ${options.imitation}, model simulated-teacher, book ${options.book}. Faults: PUT http://127.0.0.1:${port}/__scenario. Ctrl-C stops.`,
          ),
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

const whileItRuns = `
While it runs, what happens to the next requests:
  curl -X PUT localhost:4871/__scenario -d '["429-retry-after", "normal", "truncated"]'`

/** Names of groups become the names in them. */
function withGroups(list: readonly string[], { faultGroups }: Testing): string[] {
  const groups: Readonly<Record<string, object>> = faultGroups
  return list.flatMap((name) => (Object.hasOwn(groups, name) ? Object.keys(groups[name]!) : [name]))
}

/** All that can be chosen, for people. */
function listing({ listImitations, models, faultGroups }: Testing): string {
  const imitations = listImitations().map(({ id, title, basePath }) => row(id, `${title} (${basePath || '/'})`))
  const profiles = models.map(({ id, about }) => row(id, about))
  const groups = Object.entries(faultGroups).map(([group, faults]) => {
    const rows = Object.entries(faults).map(([kind, { about }]) => row(kind, about))
    return [`Faults: ${group}`, ...rows].join('\n')
  })
  return [['Imitations', ...imitations].join('\n'), ['Models', ...profiles].join('\n'), ...groups].join('\n\n')
}

const row = (name: string, about: string): string => `  ${name.padEnd(26)} ${about}`
