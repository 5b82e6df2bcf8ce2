import { isAbsolute, resolve } from 'node:path'
import { type ImportedTasks, importShapeNames, importTasks } from '@sedi/kit'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount } from '../format.ts'
import { wholeNumber } from '../option-values.ts'
import { refuseSameFile } from '../refuse-same-file.ts'
import { sayIssues } from '../say-issues.ts'

type Options = {
  readonly as: 'seeds' | 'pool'
  readonly out: string
  readonly format?: string
  readonly sample?: number
  readonly seed: number
  readonly strict?: boolean
  readonly json?: boolean
}

/** Above it the whole set is no longer read by anybody, which is what seeds need. */
const manySeeds = 1000

export default {
  name: 'import',
  group: 'data',
  summary: 'Read data of other tools as seeds, or as data to compare with',
  examples: [
    { command: 'sedi import alpaca_data.json --as seeds --sample 200 --out seeds.jsonl', does: '200 tasks of Alpaca’s file, drawn by lot' },
    { command: 'sedi import train.parquet --as seeds --out seeds.jsonl', does: 'a data set of the Hub: the shape of its rows is recognised' },
    {
      command: 'sedi import chats.json --format sharegpt --as pool --out pool.jsonl',
      does: 'conversations you have: a run keeps nothing like them (filter.against)',
    },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Read a data file of another tool and write its tasks as SeDi’s own (id, instruction, input, output). JSON lines, a JSON array or Parquet; each record’s shape is recognised and said. Of a conversation the first exchange is taken.',
      )
      .argument('<in>', 'the data file: .jsonl, .json or .parquet')
      .addOption(
        new Option('--as <use>', 'seeds: what the teacher is shown; pool: what you have already, to compare new data with')
          .choices(['seeds', 'pool'])
          .makeOptionMandatory(),
      )
      .requiredOption('--out <file>', 'where to write (a file that exists is replaced): .jsonl, .json or .parquet')
      .addOption(new Option('--format <shape>', 'read every record as this, whatever it looks like').choices(importShapeNames))
      .option('--sample <n>', 'write only so many, drawn by lot', wholeNumber)
      .option('--seed <n>', 'random seed of the draw', wholeNumber, 1)
      .option('--strict', 'fail on the first row that cannot be used')
      .option('--json', 'what was done as one JSON document on stdout'),

  async run(cli: Cli, [input], { as, out, format, sample, seed, strict, json }: Options) {
    const [from, target] = [resolve(cli.cwd, input!), resolve(cli.cwd, out)]
    refuseSameFile([['--out', target]], [['the input', from]])
    const imported = await importTasks(from, target, { shape: format, sample, randomSeed: seed, strict })
    sayIssues(cli, imported.issues, imported.broken)
    if (json) printJson(cli, { as, ...imported })
    else print(cli, render(imported, as, out))
    return exitDone
  },
} satisfies CliCommand

function render({ from, format, shapes, rows, written, repeated, notDrawn, broken, shortened }: ImportedTasks, as: Options['as'], out: string): string {
  const found = Object.entries(shapes).map(([shape, count]) => `${shape} ${formatCount(count)}`)
  const leftOut = [
    broken > 0 ? `broken ${formatCount(broken)}` : '',
    repeated > 0 ? `repeated ${formatCount(repeated)}` : '',
    notDrawn > 0 ? `not drawn ${formatCount(notDrawn)}` : '',
  ].filter((part) => part !== '')
  return [
    `${formatCount(written)} tasks written to ${out}, of ${formatCount(rows)} rows in ${from}.`,
    `  read as    ${format}; ${found.join(', ')}`,
    `  left out   ${leftOut.length === 0 ? 'nothing' : leftOut.join(', ')}`,
    ...(shortened > 0 ? [`  shortened  ${formatCount(shortened)} conversation${shortened === 1 ? '' : 's'} to the first exchange`] : []),
    ...nextSteps(as, out, written),
  ].join('\n')
}

function nextSteps(as: Options['as'], out: string, written: number): string[] {
  const named = isAbsolute(out) || out.startsWith('.') ? out : `./${out}`
  if (as === 'pool')
    return [
      `A run that keeps nothing like them: “filter: { against: [${named}] }” in sedi.config.yaml, or sedi run --set 'filter.against=[${named}]'`,
      `The same for a file: sedi filter new.jsonl --against ${out} --out kept.jsonl`,
    ]
  return [
    `Use them: “seeds: ${named}” in sedi.config.yaml, or sedi run --set seeds=${named}`,
    ...(written > manySeeds
      ? [`${formatCount(written)} are many: a teacher imitates its seeds, mistakes included. Some hundred that you have read are better (--sample 200).`]
      : []),
  ]
}
