import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type HarnessModel, type HarnessResults, harnessArguments, harnessRecipes, readHarnessResults } from '@sedi/evaluation'
import { sha256 } from '@sedi/pipeline'
import { canonicalJson, type EvalFact, type HeldOutFact, hubKeyVariables, type Ledger, type RunFact, SediError, withoutKeys } from '@sedi/spec'
import { softwareVersion } from '../version.ts'
import type { EvaluationConfig } from './description.ts'
import type { EvaluationOutcome } from './evaluate.ts'
import { openEvaluations } from './open-evaluations.ts'
import { type Measured, readEvaluation } from './result.ts'
import { writeResultFiles } from './result-files.ts'
import { modelOfRun, type RunModel, type RunSource } from './run-model.ts'
import { serveModel } from './serve-model.ts'

export type HarnessEvaluationOptions = {
  readonly source: RunSource
  /** A recipe (`ifeval`, …), or tasks of lm_eval with commas between them. */
  readonly benchmark: string
  /** A folder with task files of one's own. */
  readonly tasksFolder?: string | undefined
  /** An interpreter that has lm_eval. */
  readonly python: string
  /** Names of keys in the environment that its tasks need, beside that of the hub: `OPENAI_API_KEY` for those that ask a judge. @default none */
  readonly keys?: readonly string[] | undefined
  readonly limit?: number | undefined
  readonly randomSeed?: number | undefined
  /** Where evaluations are kept. */
  readonly out: string
  readonly stop: AbortSignal
  /** What lm_eval prints. */
  readonly onOutput?: ((line: string) => void) | undefined
  readonly clock?: (() => number) | undefined
}

/**
 * Runs the real lm-evaluation-harness on a run's model and records its scores, one for each question and metric, as an evaluation like any other:
 * `sedi evaluate --compare-with` takes it. The model is given as weights where transformers can load them, else served on loopback, which is enough
 * for questions that are answered in words. Done once; the same again shows the result.
 *
 * Throws `missing-dependency` without lm_eval, `unsupported` when the benchmark needs likelihoods and there are no weights, and
 * `provider-response` with the end of what it printed when it fails (its data cannot be downloaded, for example).
 */
export async function evaluateWithHarness(options: HarnessEvaluationOptions): Promise<EvaluationOutcome> {
  const { benchmark, out, clock = Date.now } = options
  const { model, answers, fingerprint, name } = await describe(options)
  const store = openEvaluations(out, clock)
  const known = await knownIn(store, name)
  if (known !== undefined) {
    const result = await readEvaluation(known).finally(() => known.close())
    return { state: 'done', folder: join(out, name), result, error: undefined }
  }
  const results = await runHarness(model, join(out, `${name}.lm-eval`), options)
  const [items, scores, measured] = [itemsOf(results), scoresOf(results), measuredOf(results)]
  const config: EvaluationConfig = {
    recipe: 'evaluation',
    name: benchmark,
    evaluators: measured.map(({ evaluator }) => evaluator),
    answers,
    judge: null,
    against: null,
    itemsHash: sha256(canonicalJson(items)),
    baselinesHash: null,
  }
  const run: RunFact = { kind: 'run', runId: name, config, fingerprint, softwareVersion, createdAt: clock() }
  const state = { kind: 'run-state', index: 0, state: 'done', reason: '', errorCode: null, at: clock() } as const
  const stage = { kind: 'stage', round: 1, stage: 'evaluate', summary: { figures: measured }, at: clock() } as const
  const held = await store.create(run, [...items, ...scores, stage, state])
  try {
    const result = await readEvaluation(held.ledger)
    await writeResultFiles(held.folder, held.ledger, result)
    return { state: 'done', folder: held.folder, result, error: undefined }
  } finally {
    await held.close()
  }
}

/** What lm_eval would be started for. */
export type HarnessPlan = {
  readonly evaluation: string
  readonly folder: string
  /** Whether its results are there already, so that nothing would be started. */
  readonly done: boolean
  readonly model: {
    readonly run: string
    /** 0: the base model. */
    readonly round: number
    /** As lm_eval would be given it: the weights' folder, or served on loopback. */
    readonly given: 'weights' | 'served'
  }
}

/** Refuses what can be told without starting lm_eval or opening the model; starts and opens neither. */
export async function planHarness(
  options: Pick<HarnessEvaluationOptions, 'source' | 'benchmark' | 'limit' | 'randomSeed' | 'tasksFolder' | 'out'>,
): Promise<HarnessPlan> {
  const { benchmark, out } = options
  const { model, name } = await describe(options)
  const known = await knownIn(openEvaluations(out), name)
  await known?.close()
  if (known === undefined) harnessArguments({ benchmark, out, model: model.weights ?? anyEndpoint })
  return {
    evaluation: name,
    folder: join(out, name),
    done: known !== undefined,
    model: { run: model.runId, round: model.round, given: model.weights === undefined ? 'served' : 'weights' },
  }
}

/** The model, and the evaluation's name: the same run, model, benchmark and settings have the same one. */
async function describe({ source, benchmark, limit, randomSeed = 1, tasksFolder }: Omit<HarnessEvaluationOptions, 'python' | 'out' | 'stop'>) {
  const model = await modelOfRun(source)
  const answers = { kind: 'run', run: model.runId, model: model.model ?? null, maxAnswerTokens: 0 } as const
  const fingerprint = sha256(
    canonicalJson(['lm-eval', answers, benchmark, limit ?? null, randomSeed, tasksFolder === undefined ? null : contentOf(tasksFolder)]),
  )
  return { model, answers, fingerprint, name: `${model.runId}-${benchmark.replace(/[^\w-]+/g, '-').slice(0, 40)}-${fingerprint.slice(0, 10)}` }
}

const knownIn = (store: ReturnType<typeof openEvaluations>, name: string): Promise<Ledger | undefined> =>
  store.read(name).catch((error: unknown) => {
    if (SediError.is(error, 'not-found')) return undefined
    throw error
  })

/** Of all files in a folder of tasks: a changed task is another benchmark. */
function contentOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return sha256(canonicalJson(files.map(({ parentPath, name }) => [name, sha256(readFileSync(join(parentPath, name), 'latin1'))]).sort()))
}

const evaluatorId = (task: string, metric: string): string => `lm-eval/${task}/${metric}`

const itemsOf = ({ items }: HarnessResults): HeldOutFact[] =>
  items.map(({ task, itemId, prompt, target }) => ({
    kind: 'held-out',
    itemId: `${task}/${itemId}`,
    instruction: prompt,
    input: '',
    reference: target,
    group: task,
  }))

function scoresOf({ scores, items }: HarnessResults): EvalFact[] {
  const answers = new Map(items.map(({ task, itemId, answer }) => [`${task}/${itemId}`, answer]))
  return scores.map(({ task, metric, itemId, value }) => {
    const id = `${task}/${itemId}`
    return { kind: 'eval', round: 1, evaluator: evaluatorId(task, metric), itemId: id, value, prediction: answers.get(id) ?? null }
  })
}

/** The means are lm_eval's own, which may weigh items in a way of its task; a metric without scores of its own (a group's) has no items. */
function measuredOf({ metrics, scores }: HarnessResults): Measured[] {
  return metrics
    .map(({ task, metric, value, higherIsBetter }) => ({
      task,
      metric,
      value,
      higherIsBetter,
      count: scores.filter((one) => one.task === task && one.metric === metric).length,
    }))
    .filter(({ count }) => count > 0)
    .map(({ task, metric, value, higherIsBetter, count }) => ({
      evaluator: evaluatorId(task, metric),
      metric: { range: [0, 1], higherIsBetter, unit: metric, source: 'lm_eval 0.4.13' },
      items: count,
      scored: count,
      mean: value,
      bounds: null,
      interval: null,
      byGroup: {},
      failed: {},
      failures: [],
      judged: null,
    }))
}

/** Enough to ask whether an endpoint will do. */
const anyEndpoint: HarnessModel = { kind: 'endpoint', url: '', model: '' }

/** lm_eval's results, once it has ended well. Its folder is emptied first: what an earlier attempt left is no result of this one. */
async function runHarness(model: RunModel, folder: string, options: HarnessEvaluationOptions): Promise<HarnessResults> {
  const { benchmark, tasksFolder, limit, randomSeed } = options
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const given = { benchmark, tasksFolder, limit, randomSeed, out: folder }
  if (model.weights !== undefined) {
    await call(harnessArguments({ ...given, model: model.weights }), options)
    return readHarnessResults(folder)
  }
  // Refused before the model is opened.
  harnessArguments({ ...given, model: anyEndpoint })
  const opened = await model.open({ signal: options.stop })
  try {
    const served = await serveModel(opened.generator)
    try {
      const endpoint: HarnessModel = { kind: 'endpoint', url: served.url, model: opened.generator.modelId.replaceAll(',', '_'), concurrency: 4 }
      await call(harnessArguments({ ...given, model: endpoint }), options)
    } finally {
      await served.close()
    }
  } finally {
    await opened.close()
  }
  return readHarnessResults(folder)
}

const keptLines = 15

/**
 * Tasks of lm_eval are programs, those of others and one's own. Of keys they get that of the hub, for models and data that are not open to all; the
 * model that we serve asks for none.
 */
async function call(args: readonly string[], { python, keys = [], stop, onOutput = () => {} }: HarnessEvaluationOptions): Promise<void> {
  if (stop.aborted) throw new SediError('aborted', 'Stopped before lm_eval was started.')
  const last: string[] = []
  const child = spawn(python, ['-m', 'lm_eval', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: withoutKeys(process.env, [...hubKeyVariables, ...keys]) })
  const end = (): void => void child.kill()
  stop.addEventListener('abort', end, { once: true })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line)
      if (last.length > keptLines) last.shift()
      onOutput(line)
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) => reject(new SediError('missing-dependency', `${python} cannot be started: ${cause.message}. ${howToInstall}`, { cause })))
    child.once('close', resolve)
  }).finally(() => stop.removeEventListener('abort', end))
  if (code === 0) return
  const said = last.join('\n')
  if (stop.aborted) throw new SediError('aborted', 'Stopped while lm_eval was running; it begins anew next time.')
  if (/No module named '?lm_eval/.test(said)) throw new SediError('missing-dependency', `${python} has no lm_eval. ${howToInstall}`)
  throw new SediError('provider-response', `lm_eval failed (exit code ${code}). It said last:\n${said}`)
}

const howToInstall =
  'Make an environment for it: python3 -m venv lm-eval && lm-eval/bin/pip install --require-hashes -r lm-eval.lock (the lock file is in @sedi/evaluation, python/), then name its interpreter: --harness-python lm-eval/bin/python.'

/** Benchmarks by name, for help texts. */
export const harnessBenchmarks: readonly string[] = Object.keys(harnessRecipes)
