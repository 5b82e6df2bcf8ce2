import { resolve } from 'node:path'
import { extraColumnNames, hubAccess, type Pushed, publishedShapeNames, pushRun } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount } from '../format.ts'
import { names, share, wholeNumber } from '../option-values.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'

type Options = {
  readonly repo: string
  readonly license?: string
  readonly language?: readonly string[]
  readonly title?: string
  readonly format: string
  readonly with: readonly string[]
  readonly system?: string
  readonly testShare?: number
  readonly seed?: number
  readonly private?: boolean
  readonly branch: string
  readonly createPr?: boolean
  readonly seedTexts?: boolean
  readonly unfinished?: boolean
  readonly overwrite?: boolean
  readonly dryRun?: boolean
  readonly out?: string
  readonly store?: string
  readonly json?: boolean
}

export default {
  name: 'push',
  group: 'data',
  summary: 'Publish what a run kept on the Hugging Face Hub, with a card',
  examples: [
    { command: 'sedi push <run> --repo me/poems --license cc-by-4.0 --dry-run --out preview', does: 'look at data and card first; nothing is sent' },
    { command: 'sedi push <run> --repo me/poems --license cc-by-4.0 --private', does: 'a private data set; the key is in HF_TOKEN' },
    { command: 'sedi push <run> --repo me/poems --test-share 0.1', does: 'update it, now with a test set; your own text in the card stays' },
    { command: 'sedi push <run> --repo team/poems --create-pr', does: 'propose the change instead' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Publish the kept instructions of a run as a data set on the Hugging Face Hub: Parquet files, a data card from the ledger with plots, the lineage of the seeds. In one commit; what is there already is not sent again. The key is in HF_TOKEN; HF_ENDPOINT names another hub than huggingface.co.',
      )
      .argument('<run>', 'id or folder of the run')
      .requiredOption('--repo <owner/name>', 'the data set; made when there is none')
      .option('--license <id>', 'as the hub names it: cc-by-4.0, cc0-1.0, … (default: what the card there says)')
      .option('--language <codes>', 'languages of the texts, with commas between them: en,de', names)
      .option('--title <text>', 'for people (default: what the card there says, or the name)')
      .addOption(new Option('--format <shape>', 'the fields of a row; “sedi export --help” explains them').choices(publishedShapeNames).default('messages'))
      .option('--with <columns>', `more columns, of ${extraColumnNames.join(', ')}`, names, ['id', 'round', 'seeds'])
      .option('--system <text>', 'a system prompt for every row')
      .option('--test-share <share>', 'split: this share of the rows, whole clusters of similar instructions, becomes the test set', share)
      .option('--seed <n>', 'random seed of the split (default: the run’s own)', wholeNumber)
      .option('--private', 'a new data set is private; one that is there must be')
      .option('--branch <name>', 'made from main when there is none', 'main')
      .option('--create-pr', 'open a pull request instead of committing')
      .option('--seed-texts', 'publish the texts of the human seeds too, in sedi/lineage.jsonl')
      .option('--unfinished', 'push a run that has not ended')
      .option('--overwrite', 'replace data of the same name that SeDi did not push')
      .option('--dry-run', 'make and compare everything, send nothing; without HF_TOKEN no hub is asked')
      .option('--out <dir>', 'leave the files there as well')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const { store, json, out, format: shape, with: extras, seed: randomSeed, createPr: pullRequest, dryRun, ...given } = options
    if (!dryRun && !json) say(cli, `Making data and card for ${given.repo} …`)
    const pushed = await pushRun(
      storeOf(cli, store),
      runPath(cli, runIdOrPath!),
      {
        ...{ ...given, shape, extras, randomSeed, pullRequest, dryRun },
        ...{ folder: out === undefined ? undefined : resolve(cli.cwd, out), hub: accessFor(dryRun) },
      },
      { signal: cli.stop },
    )
    if (json) printJson(cli, { ...pushed, ...(out === undefined ? {} : { out: resolve(cli.cwd, out) }) })
    else print(cli, render(pushed, out))
    return exitDone
  },
} satisfies CliCommand

/** A dry run without a key looks at no hub. */
function accessFor(dryRun: boolean | undefined): ReturnType<typeof hubAccess> | undefined {
  try {
    return hubAccess()
  } catch (error) {
    if (dryRun && SediError.is(error, 'missing-credential')) return undefined
    throw error
  }
}

function render(
  { action, repo, url, isNew, private: isPrivate, branch, pullRequestUrl, commit, changes, shape, rows, before, notes }: Pushed,
  out: string | undefined,
): string {
  const count = ({ train, test }: Pushed['rows']): string =>
    test === undefined ? `${formatCount(train)} rows` : `${formatCount(train)} rows for training, ${formatCount(test)} for testing`
  const where = `${url ?? repo}${branch === 'main' ? '' : ` (branch ${branch})`}`
  const said = {
    created: `Created ${where}, ${isPrivate ? 'private' : 'public'}: ${count(rows)}.`,
    updated: `Updated ${where}: ${count(rows)}.`,
    proposed: `Proposed to ${where}: ${count(rows)}. Pull request: ${pullRequestUrl}`,
    unchanged: `Nothing to do: ${pullRequestUrl === undefined ? where : `the pull request ${pullRequestUrl}`} has exactly this already${commit === undefined ? '' : ` (commit ${commit.slice(0, 12)})`}.`,
    planned: `${isNew === undefined ? `Would push to ${where}; no hub was asked, because HF_TOKEN is not set` : `Would ${isNew ? `create ${where}, ${isPrivate ? 'private' : 'public'}` : `update ${where}`}`}: ${count(rows)}.`,
  }[action]
  return [
    said,
    ...(before === undefined || action === 'unchanged'
      ? []
      : [`Before: run ${before.run}, ${count(before.rows)}${before.shape === shape ? '' : `, as ${before.shape} instead of ${shape}`}.`]),
    ...changes.map(({ path, change, bytes }) => `  ${change.padEnd(8)} ${path}${change === 'removed' ? '' : ` (${formatCount(bytes)} bytes)`}`),
    ...notes,
    ...(action === 'created' || action === 'updated' ? [`In Python: load_dataset("${repo}"${branch === 'main' ? '' : `, revision="${branch}"`})`] : []),
    ...(out === undefined ? [] : [`The files are in ${out}.`]),
  ].join('\n')
}
