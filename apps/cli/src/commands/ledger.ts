import { resolve } from 'node:path'
import { importLedgerFile, withRowWriter, writeLedgerFile } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { Argument, type Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount } from '../format.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'

type Options = { readonly out?: string; readonly name?: string; readonly recover?: boolean; readonly store?: string; readonly json?: boolean }

const actions = { export: exportLedger, import: importLedger, backup: backUp }

export default {
  name: 'ledger',
  group: 'upkeep',
  summary: 'Move, copy or back up a run’s ledger',
  examples: [
    { command: 'sedi ledger export <run> --out run.jsonl', does: 'all facts as JSON lines' },
    { command: 'sedi ledger import run.jsonl --name copy', does: 'a run of such a file' },
    { command: 'sedi ledger backup <run> --out backup', does: 'a copy, also while it is written' },
  ],
  describe: (command: Command) =>
    command
      .description('Move a run’s ledger: export it as JSON lines, make a run of such a file, or copy it while it is written.')
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
      .argument('<run>', 'export, backup: id or folder of the run; import: the file')
      .option('--out <path>', 'export: the file to write, - is stdout (the default); backup: the folder to create')
      .option('--name <name>', 'import: what the new run is called (default: as it was)')
      .option('--recover', 'import: take a file with facts missing; the run is resumed from before the first gap and keeps every answer')
      .addOption(storeOption())
      .option('--json', 'what was done as one JSON document on stdout'),

  async run(cli: Cli, [action, subject], options: Options) {
    await actions[action as keyof typeof actions](cli, subject!, options)
    return exitDone
  },
} satisfies CliCommand

async function exportLedger(cli: Cli, run: string, { out = '-', store, json }: Options): Promise<void> {
  if (json && out === '-') throw new SediError('invalid-config', '--json and the ledger both want stdout. Add --out FILE.')
  const ledger = await storeOf(cli, store).read(runPath(cli, run))
  try {
    const file = out === '-' ? undefined : resolve(cli.cwd, out)
    const written = await withRowWriter(file ?? cli.stdout, (write) => writeLedgerFile(ledger.runId, ledger.facts(), { write }))
    if (json) printJson(cli, { run: ledger.runId, out: file, ...written, digest: await ledger.digest() })
    say(cli, `${formatCount(written.facts)} facts written${file === undefined ? '' : ` to ${file}`}.`)
  } finally {
    await ledger.close()
  }
}

async function importLedger(cli: Cli, file: string, { name, recover, store, json }: Options): Promise<void> {
  const result = await importLedgerFile(storeOf(cli, store), resolve(cli.cwd, file), { name, recover })
  if (json) printJson(cli, result)
  else
    print(
      cli,
      `Run ${result.run} in ${result.folder}: ${formatCount(result.imported)} of ${formatCount(result.read)} facts, digest ${result.digest.slice(0, 16)}.`,
    )
}

async function backUp(cli: Cli, run: string, { out, store, json }: Options): Promise<void> {
  if (out === undefined) throw new SediError('invalid-config', 'A backup needs --out DIR, a folder that does not exist yet.')
  const folder = resolve(cli.cwd, out)
  await storeOf(cli, store).backup(runPath(cli, run), folder)
  if (json) printJson(cli, { run, out: folder })
  else print(cli, `Copied to ${folder}; read it with “sedi status ${folder}”.`)
}
