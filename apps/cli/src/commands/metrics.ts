import { type DatasetMetrics, type MetricName, measureDatasets, metricDescriptions, readDataset } from '@sedi/kit'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { withDataSource } from '../data-source.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatTable } from '../format.ts'
import { wholeNumber } from '../option-values.ts'
import { storeOption } from '../store-of.ts'

type Options = {
  readonly size?: number
  readonly repetitions: number
  readonly seed: number
  readonly field?: string
  readonly store?: string
  readonly json?: boolean
}

export default {
  name: 'metrics',
  group: 'data',
  summary: 'Diversity, length and duplicates of files and runs',
  examples: [
    { command: 'sedi metrics data.jsonl', does: 'one file' },
    { command: 'sedi metrics <run> mine.jsonl --size 200', does: 'a run beside your own data, on draws of equal size' },
  ],
  describe: (command: Command) =>
    command
      .description('Diversity, length and duplicates of data files or of what runs kept, on subsamples of equal size. Give all that is to be compared.')
      .argument('<in|run...>', 'data files, as `sedi filter` reads them; else ids or folders of runs')
      .option('--size <n>', 'texts in each subsample (default: 200, or half of the smallest set when that is less)', wholeNumber)
      .option('--repetitions <n>', 'subsamples of each set', wholeNumber, 20)
      .option('--seed <n>', 'random seed of the draws', wholeNumber, 1)
      .option('--field <name>', 'of a file: the field that is measured (default: instruction)')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, names, { size, repetitions, seed: randomSeed, field, store, json }: Options) {
    const datasets = []
    for (const name of names as readonly string[]) {
      const { issues, ...dataset } = await withDataSource(cli, name, store, (source) => readDataset(name, 'file' in source ? { ...source, field } : source))
      if (issues.length > 0) say(cli, `${name}: ${formatCount(issues.length)} broken rows left out; the first: ${issues[0]!.message} (${issues[0]!.path})`)
      datasets.push(dataset)
    }
    const measured = await measureDatasets(datasets, { size, repetitions, randomSeed })
    if (json) printJson(cli, measured)
    else print(cli, render(measured))
    return exitDone
  },
} satisfies CliCommand

function render({ size, repetitions, randomSeed, datasets }: DatasetMetrics): string {
  const names = Object.keys(metricDescriptions) as MetricName[]
  const table = formatTable([
    ['', ...datasets.map(({ name, rows }) => `${name} (${formatCount(rows)})`)],
    ...names.map((name) => [name, ...datasets.map(({ metrics }) => formatEstimate(metrics[name]))]),
  ])
  const meanings = names.map((name) => `  ${name}: ${metricDescriptions[name]}`)
  return `Mean ± sd over ${repetitions} subsamples of ${formatCount(size)} texts (random seed ${randomSeed}); only figures of equal size compare.\n\n${table}\n\n${meanings.join('\n')}`
}

function formatEstimate({ mean, sd }: { readonly mean: number; readonly sd: number }): string {
  if (Number.isNaN(mean)) return '–'
  const digits = mean >= 100 ? 1 : mean >= 10 ? 2 : 3
  return `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`
}
