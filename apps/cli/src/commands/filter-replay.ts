import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import {
  embedderNames,
  type ReplayCosts,
  replayCosts,
  replayCostsCaption,
  replayCostsReport,
  replayCostsTable,
  replayQuote,
  reportHtml,
  reportMarkdown,
  type TokenizerName,
  tokenizerNames,
} from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { withDataSource } from '../data-source.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatDuration, formatTable } from '../format.ts'
import { nonNegativeNumber, share, shares, wholeNumber } from '../option-values.ts'
import { sayIssues } from '../say-issues.ts'
import { storeOption } from '../store-of.ts'

type Options = {
  readonly thresholds: readonly number[]
  readonly semantic?: readonly number[]
  readonly threshold?: number
  readonly embedder?: string
  readonly field?: string
  readonly against?: string
  readonly tokenizer?: TokenizerName
  readonly heuristics?: string
  readonly strict?: boolean
  readonly diversity?: boolean
  readonly size?: number
  readonly repetitions: number
  readonly report?: string
  readonly curves?: readonly number[]
  readonly cost?: number
  readonly store?: string
  readonly json?: boolean
}

const fileOptions = ['field', 'tokenizer', 'against', 'heuristics', 'strict', 'threshold'] as const

export default {
  name: 'filter-replay',
  group: 'data',
  summary: 'What other thresholds would have kept, and for how much',
  examples: [
    { command: 'sedi filter-replay <run>', does: 'five thresholds over a run’s own candidates' },
    { command: 'sedi filter-replay <run> --thresholds 0.7,0.85,0.95 --report cost', does: 'with plots, as a folder' },
    { command: 'sedi filter-replay data.jsonl --semantic 0.85,0.9', does: 'by meaning instead of words' },
  ],
  describe: (command: Command) =>
    command
      .description('What other similarity thresholds would have kept of a run’s candidates or a file’s rows, exactly: how much, for how much, how varied.')
      .argument('<run|in>', 'a data file, as `sedi filter` reads it; else the id or folder of a run')
      .option('--thresholds <list>', 'numbers from 0 to 1 with commas between them', shares, [0.6, 0.7, 0.8, 0.85, 0.9])
      .option('--diversity', 'also measure how varied is what each threshold keeps (about 7 s for each); on with --report unless --no-diversity')
      .option('--no-diversity', 'leave that out of a report')
      .option('--size <n>', 'texts in each subsample that is measured (default: 200, or half of what the strictest threshold keeps)', wholeNumber)
      .option('--repetitions <n>', 'subsamples that are measured', wholeNumber, 20)
      .option('--report <dir>', 'write a report with plots there: filter-replay.html, filter-replay.md with its drawings, filter-replay.json')
      .option('--curves <list>', 'thresholds whose rejections are drawn against candidates and pool size (default: all)', shares)
      .option('--cost <usd>', 'of a file: what all of it cost, for dollars per kept text', nonNegativeNumber)
      .option('--semantic <list>', 'vary the cosine of the semantic filter instead of ROUGE-L, over these numbers', shares)
      .addOption(new Option('--embedder <id>', 'what makes the vectors for --semantic (default: the run’s, else word-parts)').choices(embedderNames))
      .option('--threshold <f>', 'of a file, with --semantic: the ROUGE-L F it is filtered by first (default: 0.85)', share)
      .option('--field <name>', 'of a file: the field that is compared (default: instruction)')
      .addOption(new Option('--tokenizer <name>', 'of a file: how texts are split into words (default: rouge)').choices(tokenizerNames))
      .option('--against <file>', 'of a file: compare with the rows of this one as well')
      .option('--heuristics <set>', 'of a file: apply a set of named rules first, e.g. alpaca')
      .option('--strict', 'of a file: fail on the first broken row')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [name], options: Options) {
    const { field, tokenizer, heuristics, strict, semantic, embedder, threshold } = options
    const useless = semantic === undefined ? (['embedder', 'threshold'] as const).find((option) => options[option] !== undefined) : undefined
    if (useless !== undefined) throw new SediError('invalid-config', `--${useless} is for --semantic. Add thresholds: --semantic 0.8,0.9.`)
    const folder = options.report === undefined ? undefined : resolve(cli.cwd, options.report)
    const { size, repetitions, report } = options
    const how = {
      ...(semantic === undefined ? {} : ({ by: 'cosine', embedder, threshold } as const)),
      diversity: (options.diversity ?? report !== undefined) ? { size, repetitions } : false,
      costUsd: options.cost,
      onMeasure: () => say(cli, 'Measuring how varied it is: some seconds for each threshold (--no-diversity leaves it out).'),
    }
    const thresholds = semantic ?? options.thresholds
    const against = options.against && resolve(cli.cwd, options.against)
    const costs = await withDataSource(cli, name!, options.store, (source) => {
      if ('file' in source) return replayCosts({ ...source, field, tokenizer, against, heuristics, strict }, thresholds, how)
      const ofFiles = fileOptions.find((option) => options[option] !== undefined)
      if (ofFiles !== undefined)
        throw new SediError('invalid-config', `--${ofFiles} is for data files; ${name} is a run, which was filtered as its configuration says.`)
      return replayCosts(source, thresholds, how)
    })
    sayIssues(cli, costs.issues)
    const { issues: _, ...figures } = costs
    const title = costs.run ?? basename(name!)
    const quote = replayQuote(costs, title) ?? null
    if (folder !== undefined) await writeReport(folder, costs, { title, quote, curves: options.curves }, (file) => say(cli, `Written: ${file}`))
    if (options.json) printJson(cli, { ...figures, quote })
    else print(cli, render(costs, title, quote))
    return exitDone
  },
} satisfies CliCommand

type Naming = { readonly title: string; readonly quote: string | null; readonly curves: readonly number[] | undefined }

async function writeReport(folder: string, costs: ReplayCosts, { title, quote, curves }: Naming, onWritten: (file: string) => void): Promise<void> {
  const report = await replayCostsReport(costs, title, { curves })
  const { text, files } = reportMarkdown(report, 'filter-replay-')
  const { issues: _, ...figures } = costs
  const contents = new Map([
    ['filter-replay.html', reportHtml(report)],
    ['filter-replay.md', text],
    ['filter-replay.json', `${JSON.stringify({ ...figures, quote }, null, 2)}\n`],
    ...files,
  ])
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, content] of contents) writeFileSync(join(folder, name), content)
  } catch (error) {
    throw new SediError('storage', `Cannot write to ${folder}: ${(error as Error).message}.`, { cause: error })
  }
  for (const name of ['filter-replay.html', 'filter-replay.md', 'filter-replay.json']) onWritten(join(folder, name))
}

function render(costs: ReplayCosts, title: string, quote: string | null): string {
  const { candidates, rejectedBefore, known, run, recorded, elapsedMs } = costs
  const earlier = run === null ? 'known rows' : 'human seeds'
  return [
    `${title}: ${formatCount(candidates)} texts reached the similarity filter (${formatCount(rejectedBefore)} rejected before it), after ${formatCount(known)} ${earlier}`,
    formatTable(replayCostsTable(costs)),
    formatDuration(elapsedMs),
    ...replayCostsCaption(costs),
    ...(recorded === null ? [] : ['Other thresholds see the same answers; they would have led to other prompts.']),
    ...(quote === null ? [] : ['', quote]),
  ].join('\n')
}
