import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Cli, type CliCommand, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { port } from '../option-values.ts'
import { untilStopped } from '../until-stopped.ts'

type Options = { readonly port: number; readonly host: string; readonly out?: string }

export default {
  name: 'serve',
  describe: (command: Command) =>
    command
      .description('Start the HTTP API over a store of runs.')
      .option('--port <port>', 'port to listen on; 0 takes a free one', port, 4870)
      .option('--host <address>', 'address to listen on; other than loopback needs SEDI_API_TOKEN', '127.0.0.1')
      .option('--out <dir>', 'where runs are kept (default: ./runs)'),

  async run(cli: Cli, _args, options: Options) {
    const { startServer } = await import('@sedi/server')
    const server = await startServer({ ...options, store: resolve(cli.cwd, options.out ?? 'runs'), token: process.env.SEDI_API_TOKEN })
    say(cli, `Listening on ${server.url} (try ${server.url}/v1/runs). Ctrl-C stops.`)
    await untilStopped(cli)
    await server.close()
    return exitDone
  },
} satisfies CliCommand
