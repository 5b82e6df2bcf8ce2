import { resolve } from 'node:path'
import { createRowSource, createRowWriter, type ExportedRun, exportRun, extraColumnNames, extraColumnTitles, rowShapeNames, rowShapeTitles } from '@sedi/kit'
import { type Ledger, SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatPercent } from '../format.ts'
import { names, share, wholeNumber } from '../option-values.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'

type Options = {
  readonly out: string
  readonly format: string
  readonly with?: readonly string[]
  readonly system?: string
  readonly testShare?: number
  readonly seed?: number
  readonly store?: string
  readonly json?: boolean
}

export default {
  name: 'export',
  group: 'data',
  summary: 'Write what a run kept as a data file',
  examples: [
    { command: 'sedi export <run> --out data.jsonl', does: 'one instruction in a line' },
    { command: 'sedi export <run> --format messages --out data.parquet', does: 'conversations, as TRL and datasets read them' },
    { command: 'sedi export <run> --format alpaca --test-share 0.1 --out data.json', does: 'data.train.json and data.test.json, split by cluster' },
    { command: 'sedi export <run> | head -n 3', does: 'the first three, on stdout' },
  ],
  describe: (command: Command) =>
    command
      .description('Write the kept instructions of a run as a data file. Its ending says what file it is: .jsonl, .json (an array) or .parquet.')
      .argument('<run>', 'id or folder of the run')
      .option('--out <file>', 'where to write (a file that exists is replaced); - is stdout, as JSON lines', '-')
      .addOption(new Option('--format <shape>', `the fields of a row, below`).choices(rowShapeNames).default('instructions'))
      .option('--with <columns>', `more columns, with commas between them, of ${extraColumnNames.join(', ')}`, names)
      .option('--system <text>', 'a system prompt for every row')
      .option('--test-share <share>', 'split: this share of the rows, whole clusters of similar instructions, goes to a test file', share)
      .option('--seed <n>', 'random seed of the split (default: the run’s own)', wholeNumber)
      .addOption(storeOption())
      .option('--json', 'say what was written as one JSON document on stdout; needs --out FILE')
      .addHelpText('after', `\nFormats:\n${listed(rowShapeTitles)}\n\nColumns:\n${listed(extraColumnTitles)}`),

  async run(cli: Cli, [runIdOrPath], { out, format: shape, with: extras, system, testShare, seed: randomSeed, store, json }: Options) {
    if (json && out === '-') throw new SediError('invalid-config', '--json and the instructions both want stdout. Add --out FILE.')
    if (testShare !== undefined && out === '-') throw new SediError('invalid-config', '--test-share writes two files. Add --out FILE.')
    const ledger = await storeOf(cli, store).read(runPath(cli, runIdOrPath!))
    try {
      const options = { shape, extras, system }
      if (out === '-') {
        say(cli, `${formatCount(await printRows(cli, ledger, options))} instructions written.`)
        return exitDone
      }
      const file = resolve(cli.cwd, out)
      const exported = await exportRun(ledger, { ...options, file, testShare, randomSeed })
      const { run, rows, files, split } = exported
      if (json) printJson(cli, split === undefined ? { run, rows, out: file } : { run, rows, files, split })
      say(cli, render(exported))
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand

const listed = (titles: Readonly<Record<string, string>>): string =>
  Object.entries(titles)
    .map(([name, title]) => `  ${name.padEnd(14)}${title}`)
    .join('\n')

async function printRows(cli: Cli, ledger: Ledger, options: Parameters<typeof createRowSource>[1]): Promise<number> {
  const { rows } = createRowSource(ledger, options, 'jsonl')
  const writer = createRowWriter(cli.stdout)
  let count = 0
  for await (const row of rows()) {
    await writer.write(row)
    count++
  }
  await writer.close()
  return count
}

function render({ rows, files, split }: ExportedRun): string {
  if (split === undefined) return `${formatCount(rows)} instructions written to ${files[0]!.path}.`
  const { apart, nearness, random, clusterCount, notes } = split
  return [
    ...files.map(({ path, rows: own }) => `${formatCount(own)} instructions (${formatPercent(own / rows)}) written to ${path}.`),
    `Split by ${formatCount(clusterCount)} clusters, none of them on both sides.`,
    ...(apart < 1 ? [`No test instruction has a ROUGE-L above ${apart} with any training instruction.`] : []),
    `Nearest training instruction of a test instruction: ROUGE-L ${nearness.mean.toFixed(2)} on average, ${nearness.highest.toFixed(2)} at most; ${formatPercent(nearness.above70)} above 0.7.`,
    `A random split of this size: ${random.mean.toFixed(2)}, ${random.highest.toFixed(2)}, ${formatPercent(random.above70)}.`,
    ...notes,
  ].join('\n')
}
