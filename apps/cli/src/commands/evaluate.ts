import { resolve } from 'node:path'
import {
  compareEvaluations,
  type EvaluateOptions,
  type EvaluationOutcome,
  evaluate,
  evaluateWithHarness,
  evaluatorDescriptions,
  exportPromptfoo,
  type HarnessPlan,
  harnessBenchmarks,
  loadAskedModel,
  measureDatasets,
  openEvaluations,
  planEvaluation,
  planHarness,
  predictionsOf,
} from '@sedi/kit'
import { type Ledger, SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { withDataSource } from '../data-source.ts'
import { exitCodeOfRun, exitDone } from '../exit-codes.ts'
import { collect, nameList, nonNegativeNumber, positiveNumber, wholeNumber } from '../option-values.ts'
import { renderComparedEvaluations, renderEvaluation } from '../render-evaluation.ts'
import { runFolder, runPath, storeOption } from '../store-of.ts'

type Options = {
  readonly evaluator?: readonly string[]
  readonly heldOut?: string
  readonly round?: number
  readonly generator?: string
  readonly judge?: string
  readonly against?: string
  readonly limit?: number
  readonly maxAnswerTokens?: number
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly metrics?: boolean
  readonly harness?: string
  readonly harnessTasks?: string
  readonly harnessKeys?: readonly string[]
  readonly harnessPython: string
  readonly compareWith?: string
  readonly export?: 'promptfoo'
  readonly dryRun?: boolean
  readonly out: string
  readonly store?: string
  readonly json?: boolean
}

/** Longest answers of models that are asked, unless their file says otherwise. */
const answerTokens = 1024
/** Judges that think before they speak need room. */
const verdictTokens = 2048

export default {
  name: 'evaluate',
  group: 'train',
  summary: 'Score answers, a run’s model, or any model',
  examples: [
    { command: 'sedi evaluate answers.jsonl --evaluator exact-match --evaluator rouge-l', does: 'answers that are there already' },
    { command: 'sedi evaluate <run> --held-out test.jsonl', does: 'the model a run trained, on these questions' },
    {
      command: 'sedi evaluate answers.jsonl --evaluator pairwise-judge --judge judge.yaml --max-cost 1',
      does: 'a judge compares with the references, for a dollar at most',
    },
    { command: 'sedi evaluate <run> --harness arc_easy --limit 200', does: 'a benchmark of lm-evaluation-harness' },
  ],
  describe: (command: Command) =>
    command
      .description('Score recorded answers, a run’s model, or any model that can be asked. The same evaluation again continues where it ended.')
      .argument('<in|run>', 'a file of items (with “prediction”, or with --generator), or the id or folder of a run')
      .option('--evaluator <id>', `what to score with: ${Object.keys(evaluatorDescriptions).join(', ')} (repeatable; default: exact-match)`, collect)
      .option('--held-out <file>', 'of a run: the items (default: its own test set)')
      .option('--round <n>', 'of a run: the model after this round, 0 for the base model (default: the last)', nonNegativeNumber)
      .option('--generator <file>', 'who answers the items of a file: what a run’s configuration says under “generator”')
      .option('--judge <file>', 'who judges, for pairwise-judge: written the same way')
      .option('--against <file>', 'the predictions that a judge compares with, joined by id (default: the references)')
      .option('--limit <n>', 'only the first so many items', wholeNumber)
      .option('--max-answer-tokens <n>', 'longest answer of a run’s model (default: 512)', wholeNumber)
      .option('--max-cost <usd>', 'pause before the evaluation costs more', positiveNumber)
      .option('--max-tokens <n>', 'pause before it uses more tokens', wholeNumber)
      .option(
        '--harness <benchmark>',
        `of a run: run lm-evaluation-harness instead of --evaluator; ${harnessBenchmarks.join(', ')}, or tasks of its own with commas between them`,
      )
      .option('--harness-tasks <dir>', 'a folder with task files of your own for it')
      .option('--harness-keys <names>', 'variables with keys that its tasks need, with commas between them; of keys they get HF_TOKEN alone', nameList)
      .option('--harness-python <path>', 'an interpreter that has lm_eval', 'python3')
      .option('--metrics', 'also the diversity and length of the answers, as “sedi metrics” has them')
      .option('--compare-with <evaluation>', 'then the difference from another evaluation, item by item')
      .addOption(new Option('--export <format>', 'also write questions, answers and scores for another tool').choices(['promptfoo']))
      .option('--dry-run', 'check everything and say what would be done; send nothing')
      .option('--out <dir>', 'where evaluations are kept', 'evaluations')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [name], options: Options) {
    return withDataSource(cli, name!, options.store, async (source) => {
      const given: EvaluateOptions = {
        source: 'file' in source ? source : { ledger: source.ledger, folder: await runFolder(cli, name!, options.store), round: options.round },
        name: name!,
        evaluators: [...new Set(options.evaluator ?? ['exact-match'])],
        heldOut: options.heldOut && resolve(cli.cwd, options.heldOut),
        generator: options.generator === undefined ? undefined : loadAskedModel(resolve(cli.cwd, options.generator), answerTokens),
        judge: options.judge === undefined ? undefined : loadAskedModel(resolve(cli.cwd, options.judge), verdictTokens),
        against: options.against && resolve(cli.cwd, options.against),
        limit: options.limit,
        maxAnswerTokens: options.maxAnswerTokens,
        maxCostUsd: options.maxCost,
        maxTokens: options.maxTokens,
        out: resolve(cli.cwd, options.out),
        stop: cli.stop,
        abort: cli.abort,
        onNotice: (message) => say(cli, message),
      }
      refuseWithoutEffect(source, options)
      if (options.harness !== undefined) return runHarness(cli, given, options)
      if (options.dryRun) return showPlan(cli, given, options)
      return showOutcome(cli, await evaluate({ ...given, onProgress: progress(cli) }), options)
    })
  },
} satisfies CliCommand

/** What would be ignored is refused: it was meant to do something. */
function refuseWithoutEffect(source: { readonly file: string } | { readonly ledger: Ledger }, options: Options): void {
  const { heldOut, round, judge, against, evaluator, harness, harnessTasks, harnessKeys } = options
  const refuse = (given: Readonly<Record<string, unknown>>, why: string): void => {
    const idle = Object.keys(given).find((option) => given[option] !== undefined)
    if (idle !== undefined) throw new SediError('invalid-config', `${idle} ${why}`)
  }
  if ('file' in source) refuse({ '--held-out': heldOut, '--round': round }, 'is for runs; a file is its own test set.')
  if (harness === undefined) refuse({ '--harness-tasks': harnessTasks, '--harness-keys': harnessKeys }, 'is for --harness.')
  else
    refuse(
      {
        '--evaluator': evaluator,
        '--held-out': heldOut,
        '--generator': options.generator,
        '--judge': judge,
        '--against': against,
        '--max-answer-tokens': options.maxAnswerTokens,
        '--max-cost': options.maxCost,
        '--max-tokens': options.maxTokens,
      },
      'has no effect with --harness: lm_eval asks its own questions and scores the answers. Leave it out.',
    )
  if (!evaluator?.includes('pairwise-judge')) refuse({ '--judge': judge, '--against': against }, 'is for --evaluator pairwise-judge.')
}

async function runHarness(cli: Cli, { source, limit, out, stop }: EvaluateOptions, options: Options): Promise<number> {
  if (!('ledger' in source)) throw new SediError('invalid-config', '--harness asks a run’s model; name a run.')
  const tasksFolder = options.harnessTasks && resolve(cli.cwd, options.harnessTasks)
  const asked = { source, benchmark: options.harness!, tasksFolder, limit, out }
  if (options.dryRun) return showHarnessPlan(cli, await planHarness(asked), options)
  const python = /[/\\]/.test(options.harnessPython) ? resolve(cli.cwd, options.harnessPython) : options.harnessPython
  const outcome = await evaluateWithHarness({ ...asked, python, keys: options.harnessKeys, stop, onOutput: (line) => say(cli, line) })
  return showOutcome(cli, outcome, options)
}

function showHarnessPlan(cli: Cli, plan: HarnessPlan, { harness, limit, json }: Options): number {
  if (json) {
    printJson(cli, { dryRun: true, ...plan, benchmark: harness, limit: limit ?? null })
    return exitDone
  }
  const { run, round, given } = plan.model
  const model = `${round === 0 ? 'the base model' : `the model after round ${round}`} of ${run} (${given === 'weights' ? 'its weights' : 'served on loopback'})`
  const what = `${plan.evaluation}: lm_eval asks ${model} ${limit === undefined ? '' : `the first ${limit} questions of each task of `}${harness}`
  print(cli, plan.done ? `${what}. That is done: ${plan.folder} would be shown.` : `${what}; results go to ${plan.folder}. Nothing was started.`)
  return exitDone
}

async function showPlan(cli: Cli, given: EvaluateOptions, { json }: Options): Promise<number> {
  const { items, evaluators, asksForAnswers, description } = await planEvaluation(given)
  const judgements = evaluators.some(({ needs }) => needs.judge) ? 2 * items.length : 0
  const answers = asksForAnswers ? items.filter(({ prediction }) => prediction === undefined).length : 0
  const plan = { dryRun: true, evaluation: description.folderName, items: items.length, evaluators: evaluators.map(({ id }) => id), answers, judgements }
  if (json) printJson(cli, plan)
  else
    print(
      cli,
      `${plan.evaluation}: ${plan.items} items, ${plan.evaluators.join(', ')}; asks for ${answers} answers and ${judgements} judgements. Nothing was sent.`,
    )
  return exitDone
}

async function showOutcome(
  cli: Cli,
  { state, folder, result, error }: EvaluationOutcome,
  { metrics, compareWith, export: format, out, json }: Options,
): Promise<number> {
  const dataset = metrics && state === 'done' ? await measureDatasets([{ name: 'answers', texts: await predictionsOf(folder) }]) : undefined
  const compared = compareWith !== undefined && state === 'done' ? await compare(cli, resolve(cli.cwd, out), result.evaluation, compareWith) : undefined
  const exported = format !== undefined && state === 'done' ? await exportFor(resolve(cli.cwd, out), result.evaluation, folder) : undefined
  if (json)
    printJson(cli, {
      ...result,
      folder,
      ...(dataset && { metrics: dataset }),
      ...(compared && { compared: compared.evaluators }),
      error: error && { code: error.code, message: error.message },
    })
  else print(cli, renderEvaluation(result, folder, dataset))
  if (compared !== undefined && !json) print(cli, `\n${renderComparedEvaluations(compared)}`)
  if (exported !== undefined && !json) print(cli, `For promptfoo: ${exported}`)
  if (error === undefined) return exitDone
  say(cli, `Paused (${error.code}): ${error.message}`)
  say(cli, 'Everything recorded is kept. The same command continues it.')
  return exitCodeOfRun({ state, error }, result.cost.calls)
}

async function compare(cli: Cli, out: string, mine: string, other: string) {
  const store = openEvaluations(out)
  const [a, b] = [await store.read(mine), await store.read(runPath(cli, other))]
  try {
    return await compareEvaluations(a, b)
  } finally {
    await a.close()
    await b.close()
  }
}

async function exportFor(out: string, evaluation: string, folder: string): Promise<string> {
  const ledger = await openEvaluations(out).read(evaluation)
  try {
    return await exportPromptfoo(ledger, folder)
  } finally {
    await ledger.close()
  }
}

const progressMs = 2000

function progress(cli: Cli): EvaluateOptions['onProgress'] {
  let lastAt = Date.now()
  return ({ stage, done, planned }) => {
    if (Date.now() - lastAt < progressMs) return
    lastAt = Date.now()
    say(cli, `${stage} ${done}/${planned}`)
  }
}
