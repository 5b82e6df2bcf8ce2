import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type RunStory, reportHtml, reportText, runStoryReport, runStorySummary, tellRun } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { replayBaseline } from '../shadow-baseline.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'
import { columnsOf } from '../wrap-lines.ts'

type Options = { readonly html?: string; readonly store?: string; readonly baseline: boolean; readonly diversity: boolean; readonly json?: boolean }

export default {
  name: 'report',
  group: 'look',
  summary: 'The story of a run: in words, or as one page to send',
  examples: [
    { command: 'sedi report <run>', does: 'plan and reality, rounds, cost, what was rejected, what to do next' },
    { command: 'sedi report <run> --html report.html', does: 'one file with plots and examples, readable offline' },
    { command: 'sedi report <run> --json --no-diversity', does: 'all its figures for a program, without the measures that take seconds' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'What a run was meant to be and what became of it: yield, cost by model, rejections, seeds, the student’s scores with intervals. At any stage of a run.',
      )
      .argument('<run>', 'id or folder of the run')
      .option('--html <file>', 'write it as one page with plots and examples; it loads nothing from anywhere')
      .option('--no-diversity', 'do not measure how varied the instructions are (saves some seconds)')
      .option('--no-baseline', 'do not replay Self-Instruct’s filter over what was written (saves a second for each 40,000 items)')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const file = options.html === undefined ? undefined : resolve(cli.cwd, options.html)
    const path = runPath(cli, runIdOrPath!)
    const store = storeOf(cli, options.store)
    const ledger = await store.read(path)
    let story: RunStory
    try {
      const { raw } = await ledger.totals()
      const baseline = options.baseline ? await replayBaseline(cli, ledger, { raw }) : null
      story = await tellRun(ledger, { held: await store.isHeld(path), baseline, diversity: options.diversity })
    } finally {
      await ledger.close()
    }
    if (file !== undefined) writePage(file, reportHtml(await runStoryReport(story)))
    if (options.json) printJson(cli, story)
    else if (file === undefined) print(cli, reportText(runStorySummary(story), { columns: columnsOf(cli.stdout) }))
    if (file !== undefined) say(cli, `Written: ${file}`)
    return exitDone
  },
} satisfies CliCommand

function writePage(file: string, page: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, page)
  } catch (error) {
    throw new SediError('storage', `Cannot write ${file}: ${(error as Error).message}.`, { cause: error })
  }
}
