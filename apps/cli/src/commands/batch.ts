import { join, resolve } from 'node:path'
import {
  type BatchedInstructions,
  type BatchFigures,
  batchInstructions,
  composerNames,
  type ExportedBatches,
  embedderNames,
  exportBatches,
  exporterNames,
  type TokenizerName,
  tokenizerNames,
  withRowWriter,
} from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { withDataSource } from '../data-source.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatTable } from '../format.ts'
import { positiveNumber, share, wholeNumber } from '../option-values.ts'
import { refuseSameFile } from '../refuse-same-file.ts'
import { sayIssues } from '../say-issues.ts'
import { storeOption } from '../store-of.ts'

type Options = {
  readonly size: number
  readonly composer: string
  readonly variant?: 'epoch-exact' | 'uniform-cluster'
  readonly clusters?: number
  readonly conflictThreshold?: number
  readonly conflictLimit?: boolean
  readonly epochs: number
  readonly seed: number
  readonly tokenizer: TokenizerName
  readonly embedder: string
  readonly out?: string
  readonly for?: string
  readonly baseModel?: string
  readonly rowsPerDevice?: number
  readonly store?: string
  readonly json?: boolean
}

export default {
  name: 'batch',
  group: 'data',
  summary: 'Compose diverse training batches of a file or a run',
  examples: [
    { command: 'sedi batch data.jsonl --size 64', does: 'how diverse batches of 64 rows can be, beside random order' },
    { command: 'sedi batch data.jsonl --size 64 --epochs 3 --for trl --out for-trl', does: 'data and settings for TRL, in that order' },
    { command: 'sedi batch <run> --conflict-limit --out batches.jsonl', does: 'of what a run kept; a line of ids for each batch' },
  ],
  describe: (command: Command) =>
    command
      .description('Compose training batches of a data file, or of what a run kept, and write them for a trainer of your own.')
      .argument('<in>', 'JSON lines or a JSON array of Alpaca, Self-Instruct or messages records; else id or folder of a run')
      .option('--size <n>', 'instructions in a batch, one optimiser step', wholeNumber, 128)
      .addOption(new Option('--composer <id>', 'how instructions become batches').choices(composerNames).default('round-robin'))
      .addOption(new Option('--variant <name>', 'of round-robin (default: epoch-exact)').choices(['epoch-exact', 'uniform-cluster']))
      .option('--clusters <n>', 'clusters for round-robin (default: the batch size)', wholeNumber)
      .option('--conflict-threshold <f>', 'two instructions of a batch above this ROUGE-L F are a conflict (default: 0.7)', share)
      .option('--conflict-limit', 'rearrange each epoch until no batch has a conflict, or the fewest found')
      .option('--epochs <n>', 'passes over the instructions', positiveNumber, 1)
      .option('--seed <n>', 'random seed', wholeNumber, 1)
      .addOption(new Option('--tokenizer <name>', 'how texts are split into words for ROUGE-L').choices(tokenizerNames).default('rouge'))
      .addOption(new Option('--embedder <id>', 'what makes the vectors for clusters').choices(embedderNames).default('lexical'))
      .option('--out <path>', 'write the batches here, a line with ids for each; with --for a folder')
      .addOption(new Option('--for <trainer>', 'write data and settings for this trainer into the folder --out').choices(exporterNames))
      .option('--base-model <name>', 'with --for: the model, as the trainer takes it')
      .option('--rows-per-device <n>', 'with --for: rows in one pass, a divisor of --size (default: the largest up to 8)', wholeNumber)
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [input], options: Options) {
    checkTogether(options)
    const { seed: randomSeed, for: trainer, out, rowsPerDevice, baseModel } = options
    const { size, composer, variant, clusters, conflictThreshold, conflictLimit, epochs, tokenizer, embedder } = options
    const given = { size, composer, variant, clusters, conflictThreshold, conflictLimit, epochs, tokenizer, embedder, randomSeed }
    const batched = await withDataSource(cli, input!, options.store, (source) => batchInstructions(source, { ...given, withAnswers: trainer !== undefined }))
    sayIssues(cli, batched.issues)

    const target = out === undefined ? undefined : resolve(cli.cwd, out)
    const source = resolve(cli.cwd, input!)
    let exported: ExportedBatches | undefined
    if (trainer !== undefined) {
      refuseSameFile(
        ['train.jsonl', 'valid.jsonl', 'batches.jsonl'].map((name) => ['--out', join(target!, name)]),
        [['the input', source]],
      )
      exported = await exportBatches(batched, { trainer, folder: target!, rowsPerDevice, baseModel })
    } else if (target !== undefined) {
      refuseSameFile([['--out', target]], [['the input', source]])
      await writeBatches(batched, target)
    }
    if (options.json) printJson(cli, { ...summary(batched, options), ...(exported ? { export: exported } : { out: target }) })
    else print(cli, [render(batched, options), ...(exported ? [renderExport(exported)] : target ? [`Written to ${target}.`] : [])].join('\n\n'))
    return exitDone
  },
} satisfies CliCommand

function checkTogether({ for: trainer, out, baseModel, rowsPerDevice }: Options): void {
  if (trainer !== undefined && out === undefined) throw new SediError('invalid-config', `--for ${trainer} writes several files. Add --out FOLDER.`)
  if (trainer === undefined && (baseModel ?? rowsPerDevice) !== undefined)
    throw new SediError('invalid-config', '--base-model and --rows-per-device are for the settings of a trainer. Add --for.')
}

const writeBatches = ({ batches }: BatchedInstructions, path: string): Promise<void> =>
  withRowWriter(path, async (write) => {
    for (const [i, { ids, epoch, diversity, conflicts }] of batches.entries()) await write({ step: i + 1, epoch, ids, diversity, conflicts })
  })

function summary({ rows, batches, composed, random, settings, conflictWitness, issues }: BatchedInstructions, { epochs, seed }: Options): object {
  const shorter = batches.filter(({ ids }) => ids.length < settings.size).length
  return {
    rows: rows.length,
    malformed: issues.length,
    batches: batches.length,
    shorter,
    epochs,
    randomSeed: seed,
    settings,
    composed,
    random,
    conflictWitness,
  }
}

function render({ rows, batches, composed, random, settings, conflictWitness, issues }: BatchedInstructions, { seed }: Options): string {
  const shorter = batches.filter(({ ids }) => ids.length < settings.size).length
  const lines = [
    `${formatCount(rows.length)} instructions in ${formatCount(batches.length)} batches of ${settings.size}${shorter > 0 ? ` (${formatCount(shorter)} shorter)` : ''}; random seed ${seed}${issues.length > 0 ? `; ${formatCount(issues.length)} broken rows left out` : ''}`,
    '',
    formatTable([
      ['', settings.composer, 'random order'],
      ['batch diversity', ...[composed, random].map(({ diversity }: BatchFigures) => diversity?.toFixed(4) ?? '–')],
      ['conflicts per batch', ...[composed, random].map(({ conflictsPerBatch }) => conflictsPerBatch.toFixed(2))],
    ]),
    '',
    `Batch diversity: 1 − mean pairwise ROUGE-L within a batch. Conflicts: pairs above ${settings.conflictThreshold}.`,
  ]
  if (conflictWitness !== undefined)
    lines.push(
      `Some conflicts cannot be avoided: any two of these ${conflictWitness.length} conflict, more than there are batches: ${conflictWitness.slice(0, 5).join(', ')}, …`,
    )
  return lines.join('\n')
}

function renderExport({ folder, files, batches, leftOut, command, keepsBatches, keeps, cannotKeep, tried, checked, trainer }: ExportedBatches): string {
  const list = (sentences: readonly string[]): string[] => sentences.map((sentence) => `  - ${sentence}`)
  return [
    `Written to ${folder}: ${files.join(', ')}.`,
    `${formatCount(batches)} batches${leftOut.batches > 0 ? `; left out, for being shorter: ${formatCount(leftOut.batches)}, with ${formatCount(leftOut.rows)} rows in them` : ', none left out'}.`,
    `There: ${command}`,
    '',
    keepsBatches
      ? `${trainer} takes exactly these batches${tried ? '' : ' (by its source code; not tried)'}, because:`
      : `${trainer} does NOT keep the batches. It keeps:`,
    ...list(keeps),
    `What ${trainer} cannot keep:`,
    ...list(cannotKeep),
    checked,
  ].join('\n')
}
