import { resolve } from 'node:path'
import { createRowWriter, exportInstructions } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount } from '../format.ts'
import { runPath, storeOf } from '../store-of.ts'

type Options = { readonly out: string; readonly store?: string; readonly json?: boolean }

export default {
  name: 'export',
  describe: (command: Command) =>
    command
      .description('Write the kept instructions of a run as JSON lines (id, instruction, input, output).')
      .argument('<run>', 'id or folder of the run')
      .option('--out <file>', 'where to write (a file that exists is replaced); - is stdout', '-')
      .option('--store <dir>', 'where runs are kept (default: ./runs)')
      .option('--json', 'say what was written as one JSON document on stdout; needs --out FILE'),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    if (options.json && options.out === '-') throw new SediError('invalid-config', '--json and the instructions both want stdout. Add --out FILE.')
    const ledger = await storeOf(cli, options.store).read(runPath(cli, runIdOrPath!))
    try {
      const file = options.out === '-' ? undefined : resolve(cli.cwd, options.out)
      const writer = createRowWriter(file ?? cli.stdout)
      let rows = 0
      for await (const row of exportInstructions(ledger)) {
        await writer.write(row)
        rows++
      }
      await writer.close()
      if (options.json) printJson(cli, { run: ledger.runId, rows, out: file })
      say(cli, `${formatCount(rows)} instructions written${file === undefined ? '' : ` to ${file}`}.`)
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand
