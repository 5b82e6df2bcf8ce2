import { resolve } from 'node:path'
import {
  createRowWriter,
  embedderNames,
  type FilterOptions,
  type FilterResult,
  fileCheckNames,
  filterFile,
  type RowWriter,
  type TokenizerName,
  tokenizerNames,
} from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatDuration, formatPercent } from '../format.ts'
import { collect, names, share } from '../option-values.ts'
import { type Place, refuseSameFile } from '../refuse-same-file.ts'
import { sayIssues } from '../say-issues.ts'

type Options = {
  readonly threshold: number
  readonly field: string
  readonly semantic?: number
  readonly embedder?: string
  readonly against?: string
  readonly out?: string
  readonly rejects?: string
  readonly tokenizer: TokenizerName
  readonly heuristics?: string
  readonly checks?: readonly string[]
  readonly againstBenchmark?: readonly string[]
  readonly strict?: boolean
  readonly json?: boolean
}

export default {
  name: 'filter',
  group: 'data',
  summary: 'Keep the rows of a data file that are new',
  examples: [
    { command: 'sedi filter data.jsonl --out kept.jsonl --rejects rejects.jsonl', does: 'near-copies go to rejects.jsonl, with the reason' },
    { command: 'sedi filter data.jsonl --against mine.jsonl --out new.jsonl', does: 'only what is unlike the rows you have' },
    { command: 'sedi filter data.jsonl --against-benchmark test.jsonl --checks pii --out clean.jsonl', does: 'nothing of a test set, no personal data' },
  ],
  describe: (command: Command) =>
    command
      .description('Keep the rows of a data file whose instruction is new (ROUGE-L, exactly as rouge_score computes it).')
      .argument('<in>', 'JSON lines or a JSON array of Alpaca, Self-Instruct or messages records')
      .option('--threshold <f>', 'reject a row whose highest ROUGE-L F is greater than this', share, 0.85)
      .option('--field <name>', 'the field that is compared', 'instruction')
      .addOption(
        new Option('--tokenizer <name>', 'how texts are split into words; unicode for languages other than English').choices(tokenizerNames).default('rouge'),
      )
      .option('--semantic <f>', 'then also reject a row whose cosine with an earlier one is greater than this', share)
      .addOption(new Option('--embedder <id>', 'what makes the vectors for --semantic (default: word-parts)').choices(embedderNames))
      .option('--against <file>', 'compare with the rows of this file as well')
      .option('--out <file>', 'write the kept rows here (a file that exists is replaced); - is stdout')
      .option('--rejects <file>', 'write the rejected rows here, likewise, each with its reason and nearest row')
      .option('--heuristics <set>', 'apply a set of named rules first, e.g. alpaca')
      .option('--checks <list>', `reject rows in which one of these finds something: ${fileCheckNames.join(', ')}`, names)
      .option('--against-benchmark <file>', 'reject near-copies of this test set’s questions (may be repeated)', collect)
      .option('--strict', 'fail on the first broken row')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [file], options: Options) {
    refuseMixedFiles(cli, file!, options)
    const kept = openOutput(cli, options.out)
    const rejects = openOutput(cli, options.rejects)
    const result = await filterInto({ kept, rejects }, resolve(cli.cwd, file!), {
      ...options,
      semantic: semanticOf(options),
      benchmarks: options.againstBenchmark?.map((path) => resolve(cli.cwd, path)),
      against: options.against && resolve(cli.cwd, options.against),
    })
    sayIssues(cli, result.issues)
    for (const warning of result.warnings) say(cli, `Warning: ${warning}`)
    const { issues: _, ...figures } = result
    if (options.json) printJson(cli, figures)
    else if (options.out === '-') say(cli, render(result))
    else print(cli, render(result))
    return exitDone
  },
} satisfies CliCommand

type Outputs = { readonly kept: RowWriter | undefined; readonly rejects: RowWriter | undefined }

/** Files that exist are as they were when something goes wrong. */
async function filterInto({ kept, rejects }: Outputs, file: string, options: FilterOptions): Promise<FilterResult> {
  try {
    const onDecision: FilterOptions['onDecision'] = async (record, why) =>
      why === undefined ? kept?.write(record) : rejects?.write({ ...record, rejected: why })
    const result = await filterFile(file, { ...options, onDecision })
    await kept?.close()
    await rejects?.close()
    return result
  } finally {
    await kept?.abandon()
    await rejects?.abandon()
  }
}

function semanticOf({ semantic, embedder }: Options): FilterOptions['semantic'] {
  if (semantic === undefined && embedder !== undefined) throw new SediError('invalid-config', '--embedder is for --semantic. Add a threshold: --semantic 0.9.')
  return semantic === undefined ? undefined : { threshold: semantic, embedder }
}

/** Nothing is written over what is still being read, or into another output. */
function refuseMixedFiles(cli: Cli, file: string, { out, rejects, against, againstBenchmark = [], json }: Options): void {
  const places = (given: readonly (readonly [string, string | undefined])[]): Place[] =>
    given.flatMap(([name, path]) => (path === undefined ? [] : [[name, path === '-' ? path : resolve(cli.cwd, path)]]))
  const outputs = places([
    ['--out', out],
    ['--rejects', rejects],
  ])
  const benchmarks = againstBenchmark.map((path) => ['--against-benchmark', path] as const)
  refuseSameFile(outputs, places([['the input', file], ['--against', against], ...benchmarks]))
  const stdout = outputs.find(([, path]) => path === '-')
  if (json && stdout !== undefined) throw new SediError('invalid-config', `--json and ${stdout[0]} - both want stdout. Write the rows to a file.`)
}

/** Opened by its first row, or at the end: with wrong options or without input nothing is begun, and nobody waits for the reader of a pipe. */
function openOutput(cli: Cli, path: string | undefined): RowWriter | undefined {
  if (path === undefined) return undefined
  let writer: RowWriter | undefined
  const open = (): RowWriter => {
    writer ??= createRowWriter(path === '-' ? cli.stdout : resolve(cli.cwd, path))
    return writer
  }
  return { write: (row) => open().write(row), close: () => open().close(), abandon: async () => writer?.abandon() }
}

function render({ read, kept, rejected, checks, threshold, semantic, elapsedMs }: FilterResult): string {
  const found = Object.entries(checks ?? {}).map(([id, count]) => `${id} ${formatCount(count)}`)
  const reasons = Object.entries(rejected).map(([reason, count]) => `${reason} ${formatCount(count)}`)
  return `${formatCount(kept)} of ${formatCount(read)} rows kept (${formatPercent(read === 0 ? null : kept / read)}) at ROUGE-L ≤ ${threshold}${semantic === undefined ? '' : ` and cosine ≤ ${semantic.threshold} (${semantic.embedder})`}; rejected: ${reasons.join(', ')}${found.length === 0 ? '' : `; found by checks: ${found.join(', ')}`}; ${formatDuration(elapsedMs)}`
}
