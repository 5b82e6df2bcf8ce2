import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { compareRuns, comparisonReport, type RunComparison, reportHtml, reportMarkdown } from '@sedi/kit'
import { type Ledger, SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { renderRunComparison } from '../render-run-comparison.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'

type Options = { readonly out?: string; readonly store?: string; readonly unfinished?: boolean; readonly diversity: boolean; readonly json?: boolean }

export default {
  name: 'compare',
  group: 'look',
  summary: 'Runs side by side, with intervals and a sentence to quote',
  examples: [
    { command: 'sedi compare <run> <other>', does: 'cost, what was kept, and how the students answer' },
    { command: 'sedi compare <run> <other> --out comparison.html', does: 'the same with plots, as one file' },
    { command: 'sedi compare <run> <other> --unfinished --no-diversity', does: 'quickly, while they still go on' },
  ],
  describe: (command: Command) =>
    command
      .description('Runs side by side: cost, what was kept, and how their students answer the same questions, with intervals and a sentence to quote.')
      .argument('<run...>', 'ids or folders of two runs or more; all are compared with the first')
      .option('--out <file>', 'write a report with plots: .html (one file) or .md (drawings beside it)')
      .option('--unfinished', 'also compare runs that are not done, by the last round that all have evaluated')
      .option('--no-diversity', 'do not measure what was kept (saves some seconds a run)')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, names, { out, store, unfinished, diversity, json }: Options) {
    const reportFile = out === undefined ? undefined : checkedReportFile(resolve(cli.cwd, out))
    if (diversity) say(cli, 'Measuring how varied the instructions are: some seconds for each run (--no-diversity leaves it out).')
    const comparison = await withRuns(cli, names as readonly string[], store, (ledgers, held) => compareRuns(ledgers, { held, unfinished, diversity }))
    if (reportFile !== undefined) await writeReport(comparison, reportFile, (file) => say(cli, `Written: ${file}`))
    if (json) printJson(cli, comparison)
    else print(cli, renderRunComparison(comparison))
    return exitDone
  },
} satisfies CliCommand

async function withRuns<T>(
  cli: Cli,
  names: readonly string[],
  folder: string | undefined,
  use: (ledgers: readonly Ledger[], held: readonly boolean[]) => Promise<T>,
): Promise<T> {
  const store = storeOf(cli, folder)
  const ledgers: Ledger[] = []
  const held: boolean[] = []
  try {
    for (const name of names) {
      ledgers.push(await store.read(runPath(cli, name)))
      held.push(await store.isHeld(runPath(cli, name)))
    }
    return await use(ledgers, held)
  } finally {
    for (const ledger of ledgers) await ledger.close()
  }
}

function checkedReportFile(file: string): string {
  if (['.html', '.md'].includes(extname(file))) return file
  throw new SediError('invalid-config', `--out: expected a file name that ends in .html or .md, got ${file}.`)
}

async function writeReport(comparison: RunComparison, file: string, onWritten: (file: string) => void): Promise<void> {
  const report = await comparisonReport(comparison)
  const write = (path: string, text: string): void => {
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    } catch (error) {
      throw new SediError('storage', `Cannot write ${path}: ${(error as Error).message}.`, { cause: error })
    }
    onWritten(path)
  }
  if (extname(file) === '.html') return write(file, reportHtml(report))
  const { text, files } = reportMarkdown(report, `${basename(file, '.md')}-`)
  for (const [name, drawing] of files) write(join(dirname(file), name), drawing)
  write(file, text)
}
