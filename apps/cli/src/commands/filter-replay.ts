import { resolve } from 'node:path'
import { embedderNames, type FilterReplay, replayFilter, type TokenizerName, tokenizerNames } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { withDataSource } from '../data-source.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatDuration, formatPercent, formatTable } from '../format.ts'
import { share, shares } from '../option-values.ts'

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
  readonly store?: string
  readonly json?: boolean
}

const shownIssues = 10
const fileOptions = ['field', 'tokenizer', 'against', 'heuristics', 'strict', 'threshold'] as const

export default {
  name: 'filter-replay',
  describe: (command: Command) =>
    command
      .description('What other similarity thresholds would have kept of a run’s candidates or a file’s rows, exactly.')
      .argument('<run|in>', 'a data file, as `sedi filter` reads it; else the id or folder of a run')
      .option('--thresholds <list>', 'numbers from 0 to 1 with commas between them', shares, [0.6, 0.7, 0.8, 0.85, 0.9])
      .option('--semantic <list>', 'vary the cosine of the semantic filter instead of ROUGE-L, over these numbers', shares)
      .addOption(new Option('--embedder <id>', 'what makes the vectors for --semantic (default: the run’s, else word-parts)').choices(embedderNames))
      .option('--threshold <f>', 'of a file, with --semantic: the ROUGE-L F it is filtered by first (default: 0.85)', share)
      .option('--field <name>', 'of a file: the field that is compared (default: instruction)')
      .addOption(new Option('--tokenizer <name>', 'of a file: how texts are split into words (default: rouge)').choices(tokenizerNames))
      .option('--against <file>', 'of a file: compare with the rows of this one as well')
      .option('--heuristics <set>', 'of a file: apply a set of named rules first, e.g. alpaca')
      .option('--strict', 'of a file: fail on the first broken row')
      .option('--store <dir>', 'where runs are kept (default: ./runs)')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [name], options: Options) {
    const { field, tokenizer, heuristics, strict, semantic, embedder, threshold } = options
    const useless = semantic === undefined ? (['embedder', 'threshold'] as const).find((option) => options[option] !== undefined) : undefined
    if (useless !== undefined) throw new SediError('invalid-config', `--${useless} is for --semantic. Add thresholds: --semantic 0.8,0.9.`)
    const how = semantic === undefined ? {} : ({ by: 'cosine', embedder, threshold } as const)
    const thresholds = semantic ?? options.thresholds
    const against = options.against && resolve(cli.cwd, options.against)
    const replay = await withDataSource(cli, name!, options.store, (source) => {
      if ('file' in source) return replayFilter({ ...source, field, tokenizer, against, heuristics, strict }, thresholds, how)
      const ofFiles = fileOptions.find((option) => options[option] !== undefined)
      if (ofFiles !== undefined)
        throw new SediError('invalid-config', `--${ofFiles} is for data files; ${name} is a run, which was filtered as its configuration says.`)
      return replayFilter(source, thresholds, how)
    })
    for (const issue of replay.issues.slice(0, shownIssues)) say(cli, `${issue.path}: ${issue.message}`)
    if (replay.issues.length > shownIssues) say(cli, `… and ${replay.issues.length - shownIssues} more broken rows.`)
    const { issues: _, ...figures } = replay
    if (options.json) printJson(cli, figures)
    else print(cli, render(replay, name!))
    return exitDone
  },
} satisfies CliCommand

function render({ run, known, candidates, rejectedBefore, recorded, by, thresholds, elapsedMs }: FilterReplay, name: string): string {
  const withMeaning = thresholds.some((one) => one['similar-meaning'] !== undefined)
  const earlier = run === null ? 'known rows' : 'human seeds'
  const head = `${run ?? name}: ${formatCount(candidates)} texts reached the similarity filter (${formatCount(rejectedBefore)} rejected before it), after ${formatCount(known)} ${earlier}`
  const table = formatTable([
    [by === 'cosine' ? 'cosine ≤' : 'ROUGE-L ≤', 'kept', 'share', 'similar', ...(withMeaning ? ['similar-meaning'] : [])],
    ...thresholds.map(({ threshold, kept, similar, 'similar-meaning': alike }) => [
      `${threshold}${threshold === recorded?.threshold ? ' (the run’s)' : ''}`,
      formatCount(kept),
      formatPercent(candidates === 0 ? null : kept / candidates),
      formatCount(similar),
      ...(alike === undefined ? [] : [formatCount(alike)]),
    ]),
  ])
  const own =
    recorded === null
      ? ''
      : `\nThe run kept ${formatCount(recorded.kept)}${recorded.threshold === null ? ', without a semantic filter' : ` at ${recorded.threshold}`}. Other thresholds see the same answers; they would have led to other prompts.`
  return `${head}\n${table}\n${formatDuration(elapsedMs)}${own}`
}
