import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { collect, port } from '../option-values.ts'
import { storeAddress, storeOption } from '../store-of.ts'
import { untilStopped } from '../until-stopped.ts'

type Options = {
  readonly port: number
  readonly host: string
  readonly store?: string
  readonly allowCommands?: boolean
  readonly allowHost?: readonly string[]
  readonly tls?: boolean
}

const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url))

export default {
  name: 'serve',
  group: 'serve',
  summary: 'The dashboard and the HTTP API over a folder of runs',
  examples: [
    { command: 'sedi serve', does: './runs on http://127.0.0.1:4870' },
    { command: 'sedi serve --store sedi-quickstart/runs --port 8080', does: 'another folder and port' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Start the dashboard and the HTTP API over a store of runs: create, watch and steer them from a browser or any language. See docs/dashboard.md and docs/server.md.',
      )
      .option('--port <port>', 'port to listen on; 0 takes a free one', port, 4870)
      .option('--host <address>', 'address to listen on; other than loopback needs SEDI_API_TOKEN', address, '127.0.0.1')
      .addOption(storeOption())
      .option('--allow-commands', 'configurations that are sent may name programs and modules, which this machine then runs')
      .option('--allow-host <host>', 'a link-local or metadata host that configurations may name all the same (repeatable)', collect)
      .option('--tls', 'a proxy in front of the server has TLS: browsers send the cookie of a login back over it only'),

  async run(cli: Cli, _args, { allowHost, tls, ...options }: Options) {
    const { startServer } = await import('@sedi/server')
    const reader = await cli.telemetry?.metricReader()
    const server = await startServer({
      ...options,
      store: storeAddress(cli, options.store),
      files: cli.cwd,
      token: process.env.SEDI_API_TOKEN,
      sedi: [process.execPath, ...process.execArgv, main],
      allowedHosts: allowHost,
      metricReaders: reader === undefined ? [] : [reader],
      secureCookies: tls,
      onError: (error) => say(cli, `sedi serve: ${error.code}: ${error.message}${error.cause instanceof Error ? `\n${error.cause.stack ?? ''}` : ''}`),
    })
    say(cli, `Listening on ${server.url} (open it in a browser; the API is at ${server.url}/v1/runs). Ctrl-C stops; runs go on.`)
    await untilStopped(cli)
    await server.close({ abort: cli.abort })
    return exitDone
  },
} satisfies CliCommand

function address(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('expected an address, such as 127.0.0.1 or 0.0.0.0.')
  return text
}
