import { existsSync } from 'node:fs'
import { composerNames, embedderNames, type FileTraining, type TokenizerName, type TrainProgress, tokenizerNames, trainers, trainFile } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, harmless, print, printJson, say } from '../command.ts'
import { withDataSource } from '../data-source.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatDuration } from '../format.ts'
import { collect, positiveNumber, wholeNumber } from '../option-values.ts'
import { sayIssues } from '../say-issues.ts'
import { storeOption } from '../store-of.ts'

type Options = {
  readonly trainer: string
  readonly baseModel?: string
  readonly out: string
  readonly name?: string
  readonly epochs: number
  readonly batchSize: number
  readonly composer: string
  readonly tokenizer: TokenizerName
  readonly embedder: string
  readonly learningRate?: number
  readonly seed: number
  readonly set?: string[]
  readonly store?: string
  readonly json?: boolean
}

const redrawMs = 100
const lineMs = 5000
const toldBeforeMs = 300

export default {
  name: 'train',
  group: 'train',
  summary: 'Train a model on a file or on what a run kept',
  examples: [
    { command: 'sedi train data.jsonl --out models', does: 'a small model inside Node' },
    { command: 'sedi train <run> --trainer python --base-model ./qwen --epochs 3', does: 'a real one, with transformers and peft' },
    { command: 'sedi train data.jsonl --trainer python --base-model ./qwen --set trainer.method=full', does: 'every weight instead of an adapter' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Train a model on a data file, or on what a run kept, in composed batches. Ctrl-C pauses: the same command goes on, and finds what is done already.',
      )
      .argument('<in>', 'JSON lines or a JSON array of Alpaca, Self-Instruct or messages records; else id or folder of a run')
      .addOption(new Option('--trainer <id>', 'who trains').choices(trainers.map(({ id }) => id)).default('embedded'))
      .option('--base-model <name>', 'the model to begin from, as the trainer takes it: a folder, or a name')
      .option('--out <dir>', 'where models and their steps are kept', 'models')
      .option('--name <name>', 'of the model (default: the data’s name and a hash of data and settings)')
      .option('--epochs <n>', 'passes over the rows', positiveNumber, 1)
      .option('--batch-size <n>', 'rows in a batch, one optimiser step', wholeNumber, 128)
      .addOption(new Option('--composer <id>', 'how rows become batches').choices(composerNames).default('round-robin'))
      .addOption(new Option('--tokenizer <name>', 'how texts are split into words for composing').choices(tokenizerNames).default('rouge'))
      .addOption(new Option('--embedder <id>', 'what makes the vectors for clusters').choices(embedderNames).default('lexical'))
      .option('--learning-rate <f>', 'peak learning rate (default: 2e-5)', positiveNumber)
      .option('--seed <n>', 'random seed', wholeNumber, 1)
      .option('--set <path=value>', 'any key of trainer, training or batches, e.g. --set trainer.method=full (repeatable)', collect)
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [input], options: Options) {
    const { batchSize: size, seed: randomSeed, json, store, ...given } = options
    const progress = createProgress(cli)
    const trained = await withDataSource(cli, input!, store, (source) =>
      trainFile('file' in source ? source : { ...source, name: input! }, {
        ...given,
        size,
        randomSeed,
        cwd: cli.cwd,
        stop: cli.stop,
        onBatches({ rows, batches, issues }) {
          sayIssues(cli, issues)
          say(cli, `${formatCount(rows.length)} rows in ${formatCount(batches.length)} batches of ${size} (${options.composer}).`)
        },
        onProgress: progress.show,
        onNotice: progress.notice,
      }),
    )
      .catch((error: unknown) => {
        if (!SediError.is(error, 'aborted')) throw error
        throw new SediError('aborted', 'Paused. Finished steps are kept; the same command goes on.', { cause: error })
      })
      .finally(progress.end)
    for (const warning of trained.warnings) say(cli, `Warning: ${warning}`)
    if (json) printJson(cli, trained)
    else print(cli, render(trained))
    return exitDone
  },
} satisfies CliCommand

function render({ rows, steps, firstLoss, lastLoss, trainer, location, stepsFile, name }: FileTraining): string {
  const losses = firstLoss === undefined || lastLoss === undefined ? '' : `; loss ${firstLoss.toFixed(3)} at the first step, ${lastLoss.toFixed(3)} at the last`
  return [
    `${name}: ${formatCount(steps)} steps on ${formatCount(rows)} rows with ${trainer}${losses}.`,
    `Model: ${location}${existsSync(location) ? '' : ' (kept by the service)'}`,
    stepsFile === undefined ? `Steps: ${trainer} tells none.` : `Steps: ${stepsFile}`,
  ].join('\n')
}

/** `step 12/100 · loss 2.310 · gradient 0.42 · 3.1 steps/s · about 28 s left`: redrawn on a terminal, a line every few seconds elsewhere. */
function createProgress(cli: Cli) {
  let firstAt: number | undefined
  let begun: { readonly at: number; readonly done: number } | undefined
  let shownAt = 0

  function line({ done, planned, metric }: TrainProgress, now: number): string {
    const seconds = begun === undefined ? 0 : (now - begun.at) / 1000
    const rate = begun === undefined || seconds < 1 ? undefined : (done - begun.done) / seconds
    return [
      `step ${formatCount(done)}/${formatCount(planned)}`,
      ...(metric === undefined ? [] : [`loss ${metric.loss.toFixed(3)}`]),
      ...(metric?.gradNorm === undefined ? [] : [`gradient ${metric.gradNorm.toPrecision(3)}`]),
      ...(rate === undefined || rate === 0 ? [] : [`${rate.toPrecision(2)} steps/s`, `about ${formatDuration(((planned - done) / rate) * 1000)} left`]),
    ].join(' · ')
  }

  return {
    show(progress: TrainProgress): void {
      const now = Date.now()
      firstAt ??= now
      // Steps that an earlier call finished are told at once, and say nothing about the pace.
      if (now - firstAt < toldBeforeMs) begun = { at: now, done: progress.done }
      const last = progress.done === progress.planned
      if (!last && now - shownAt < (cli.isTerminal ? redrawMs : lineMs)) return
      shownAt = now
      cli.stderr.write(cli.isTerminal ? `\r\u001b[2K${line(progress, now)}` : `${line(progress, now)}\n`)
    },
    notice: (message: string): void => void cli.stderr.write(`${cli.isTerminal ? '\r\u001b[2K' : ''}${harmless(message)}\n`),
    end(): void {
      if (cli.isTerminal) cli.stderr.write('\r\u001b[2K')
    },
  }
}
