import { mkdirSync } from 'node:fs'
import { basename } from 'node:path'
import { evaluators as registered } from '@sedi/evaluation'
import { failureOfItem, type ItemFailure, nothingScored, type RunEvent, recordRunState, toNanoUsd } from '@sedi/pipeline'
import {
  type CallFact,
  type CallOptions,
  type EvalContext,
  type EvalFact,
  type Evaluator,
  type Ledger,
  type OpenModel,
  type OpenRun,
  type RunConfig,
  type RunFact,
  SediError,
  type TextGenerator,
  toSediError,
} from '@sedi/spec'
import { createGenerator } from '../adapters.ts'
import { limitedKey, limitsFor } from '../runs/limited-key.ts'
import { stateFolderOf } from '../runs/open-run.ts'
import { softwareVersion } from '../version.ts'
import { type AccountedCalls, accountedGenerator, openAccountedCalls } from './accounted-calls.ts'
import { concurrently } from './concurrently.ts'
import { describeEvaluation, type EvaluationDescription } from './description.ts'
import { assertUsable, type EvaluationItem, itemOfHeldOut, loadEvaluationItems, sampleOf, withBaselines } from './items.ts'
import type { AskedModel } from './model-file.ts'
import { openEvaluations } from './open-evaluations.ts'
import { type EvaluationResult, figuresOf, readEvaluation } from './result.ts'
import { writeResultFiles } from './result-files.ts'
import { modelOfRun, type RunSource } from './run-model.ts'

/** Whose answers are evaluated. */
export type EvaluationSource =
  /** A file of items, with recorded predictions or, with `EvaluateOptions.generator`, without. */
  | { readonly file: string }
  /** A run's model, opened by its trainer: the one after `round` (0: the base model), default the last. */
  | RunSource

export type EvaluateOptions = {
  readonly source: EvaluationSource
  /** How people know the source. */
  readonly name: string
  /** Ids of evaluators. */
  readonly evaluators: readonly string[]
  /** Items for a run's model. @default the run's own test set */
  readonly heldOut?: string | undefined
  /** Who answers the items of a file that has no predictions. */
  readonly generator?: AskedModel | undefined
  /** For evaluators that need one. */
  readonly judge?: AskedModel | undefined
  /** A file with the predictions that a judge compares with. @default the references */
  readonly against?: string | undefined
  /** Only the first so many items. */
  readonly limit?: number | undefined
  /** Longest answer of a run's model, in tokens. @default 512 */
  readonly maxAnswerTokens?: number | undefined
  readonly maxCostUsd?: number | undefined
  readonly maxTokens?: number | undefined
  /** Where evaluations are kept: a store, each with a folder and a ledger of its own. */
  readonly out: string
  /** Aborted to pause. */
  readonly stop: AbortSignal
  /** Aborted, after `stop`, to end what is in flight as well. */
  readonly abort?: AbortSignal | undefined
  readonly onProgress?: ((progress: EvaluationProgress) => void) | undefined
  readonly onNotice?: ((message: string) => void) | undefined
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  readonly clock?: (() => number) | undefined
}

export type EvaluationProgress = { readonly stage: string; readonly done: number; readonly planned: number }

export type EvaluationOutcome = {
  readonly state: 'done' | 'paused'
  readonly folder: string
  /** Of a paused one: what there is so far. */
  readonly result: EvaluationResult
  /** Why it is not done. */
  readonly error: SediError | undefined
}

/** Answers and judgements asked for at a time, where the model's own limits do not say. */
const localConcurrency = 32
const defaultAnswerTokens = 512

/**
 * Evaluates recorded answers, a run's model, or any model that can be asked. Everything that is asked is accounted for in a ledger of the
 * evaluation's own, which is named after what is evaluated and how: the same evaluation again continues where it ended, buys nothing twice, and
 * buys nothing at all once it is done. An item that an evaluator cannot score is counted and named; it is in no mean.
 *
 * Refuses before anything is sent: `invalid-input` for items that do not do, with their ids, `invalid-config` and `unsupported` for evaluators that
 * lack what they need. What goes wrong later pauses it.
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationOutcome> {
  const plan = await planEvaluation(options)
  const held = await hold(plan.description, options)
  try {
    return await carryOut(plan, held, options)
  } finally {
    await held.close()
  }
}

/** What will be done, before anything is. */
export type EvaluationPlan = {
  readonly items: readonly EvaluationItem[]
  readonly evaluators: readonly Evaluator[]
  readonly description: EvaluationDescription
  /** Whether the answers are asked for, one by one, before they are scored. */
  readonly asksForAnswers: boolean
  openModel(call?: CallOptions): Promise<OpenModel | undefined>
}

/** Reads everything and refuses what will not do; sends nothing. */
export async function planEvaluation(options: EvaluateOptions): Promise<EvaluationPlan> {
  const { source, generator, judge, limit, name, maxAnswerTokens = defaultAnswerTokens } = options
  const chosen = options.evaluators.map(evaluatorOf)
  if (chosen.length === 0) throw new SediError('invalid-config', `Expected at least one evaluator of ${Object.keys(registered).join(', ')}.`)
  const run = 'ledger' in source ? await modelOfRun(source) : undefined
  if (run !== undefined && generator !== undefined)
    throw new SediError('invalid-config', 'A run’s own model answers; --generator is for files without predictions.')
  const loaded = run === undefined ? await loadEvaluationItems((source as { file: string }).file) : await itemsForRun(source as RunSource, options.heldOut)
  if (generator !== undefined && loaded.some(({ prediction }) => prediction !== undefined))
    throw new SediError(
      'invalid-config',
      `${name} has predictions already, so there is nothing to ask --generator. Leave it out to score them, or remove “prediction” from the rows.`,
    )
  assertUsable(loaded, chosen, { name, answers: run === undefined && generator === undefined ? 'recorded' : 'asked' })
  const judged = chosen.some(({ needs }) => needs.judge)
  if (judged && judge === undefined)
    throw new SediError(
      'invalid-config',
      'pairwise-judge needs a judge: --judge with a file that says which model, as a run’s configuration does under “generator”.',
    )
  const others = options.against === undefined ? undefined : await loadEvaluationItems(options.against)
  const paired = judged ? withBaselines(loaded, others, [name, options.against === undefined ? name : basename(options.against)]) : loaded
  const items = paired.slice(0, limit)
  const needing = chosen.filter(({ needs }) => needs.scorer)
  if (needing.length > 0 && run === undefined)
    throw new SediError(
      'unsupported',
      `${needing.map(({ id }) => id).join(' and ')} works with the model’s probabilities, which recorded answers and models behind an API do not have. Evaluate a run.`,
    )
  const asksForAnswers =
    chosen.some(({ needs }) => needs.generator && !(needs.scorerWillDo && run !== undefined)) && items.some(({ prediction }) => prediction === undefined)
  return {
    items,
    evaluators: chosen,
    asksForAnswers,
    description: describeEvaluation({
      name,
      items,
      evaluators: chosen,
      judge: judged ? judge : undefined,
      generator: run === undefined ? generator : undefined,
      model: run && { run: run.runId, model: run.model, maxAnswerTokens },
      against: options.against === undefined ? null : basename(options.against),
    }),
    openModel: async (call) => run?.open(call),
  }
}

/** What each evaluator measures, by id. */
export const evaluatorDescriptions: Readonly<Record<string, Evaluator['metric']>> = Object.fromEntries(
  Object.values(registered).map(({ id, metric }) => [id, metric]),
)

function evaluatorOf(id: string): Evaluator {
  const found = (registered as Readonly<Record<string, Evaluator>>)[id]
  if (found === undefined) throw new SediError('invalid-config', `--evaluator: expected one of ${Object.keys(registered).join(', ')}; got ${id}.`)
  return found
}

async function itemsForRun({ ledger }: { readonly ledger: Ledger }, heldOut: string | undefined): Promise<EvaluationItem[]> {
  // The run's model is what answers.
  if (heldOut !== undefined) return (await loadEvaluationItems(heldOut)).map((item) => ({ ...item, prediction: undefined }))
  const own = (await ledger.find('held-out')).map(({ itemId: id, instruction, input, reference, group }) =>
    itemOfHeldOut({ id, instruction, input, reference, group }),
  )
  if (own.length === 0) throw new SediError('invalid-config', `The run ${ledger.runId} has no test set of its own: name one with --held-out.`)
  return own
}

/** Opens the evaluation's ledger, made on its first time. */
async function hold({ fingerprint, config, items, folderName }: EvaluationDescription, { out, clock = Date.now }: EvaluateOptions): Promise<OpenRun> {
  const store = openEvaluations(out, clock)
  const run: RunFact = { kind: 'run', runId: folderName, config, fingerprint, softwareVersion, createdAt: clock() }
  try {
    return await store.create(run, items)
  } catch (error) {
    if (!SediError.is(error, 'conflict')) throw error
    const held = await store.open(folderName)
    try {
      const [before] = await held.ledger.find('run')
      if (before === undefined) await held.ledger.append([run, ...items])
      if (before === undefined || before.fingerprint === fingerprint) return held
      throw error
    } catch (thrown) {
      await held.close()
      throw thrown
    }
  }
}

async function carryOut(plan: EvaluationPlan, held: OpenRun, options: EvaluateOptions): Promise<EvaluationOutcome> {
  const { ledger, folder } = held
  const { clock = Date.now } = options
  const [finished] = await ledger.find('stage', { stage: 'evaluate' })
  try {
    if (finished === undefined) {
      await recordState(ledger, 'running', undefined, clock)
      const failures = await score(plan, held, options)
      await ledger.append([{ kind: 'stage', round: 1, stage: 'evaluate', summary: { figures: await figuresOf(plan, ledger, failures) }, at: clock() }])
      await recordState(ledger, 'done', undefined, clock)
    }
    const result = await readEvaluation(ledger)
    await writeResultFiles(folder, ledger, result)
    return { state: 'done', folder, result, error: undefined }
  } catch (thrown) {
    const error = adviseOnBudget(toSediError(thrown))
    await recordState(ledger, 'paused', error, clock).catch(() => {})
    return { state: 'paused', folder, result: await readEvaluation(ledger), error }
  }
}

/** The evaluators' failures, by evaluator; what they scored is in the ledger. */
async function score(plan: EvaluationPlan, held: OpenRun, options: EvaluateOptions): Promise<Record<string, readonly ItemFailure[]>> {
  const { items, evaluators: chosen } = plan
  const model = await plan.openModel({ signal: options.stop })
  try {
    const unanswered = new Map<string, ItemFailure>()
    const answered = plan.asksForAnswers ? await askForAnswers(plan, model, held, options, unanswered) : items
    const judge = chosen.some(({ needs }) => needs.judge) ? await openJudge(items, held, options) : undefined
    try {
      const failures: Record<string, readonly ItemFailure[]> = {}
      for (const evaluator of chosen) {
        const context = { generator: undefined, scorer: model?.scorer, judge: judge?.generator }
        if (evaluator.needs.scorer && context.scorer === undefined)
          throw new SediError('unsupported', `${evaluator.id} works with the model’s probabilities, which this trainer does not give.`)
        failures[evaluator.id] = await applyEvaluator(evaluator, answered, context, unanswered, held.ledger, options)
      }
      return failures
    } finally {
      await judge?.close()
    }
  } finally {
    await model?.close()
  }
}

/** The items with the model's answers. Who answers nothing is in `unanswered`, and in no mean of what needs answers. */
async function askForAnswers(
  plan: EvaluationPlan,
  model: OpenModel | undefined,
  held: OpenRun,
  options: EvaluateOptions,
  unanswered: Map<string, ItemFailure>,
): Promise<readonly EvaluationItem[]> {
  const asked = model === undefined ? options.generator! : freeModel(model.generator, options)
  const { calls, settings, concurrency, close } = await openCalls(asked, model?.generator, held, options)
  let done = 0
  try {
    return await concurrently(plan.items, concurrency, async (item, number) => {
      if (item.prediction !== undefined) return item
      const request = { messages: [{ role: 'user' as const, content: sampleOf(item).prompt }], ...settings }
      const answer = await calls.ask(number, 'answer', request).catch((error: unknown) => {
        unanswered.set(item.id, failureOfItem(item.id, error))
      })
      options.onProgress?.({ stage: 'answers', done: ++done, planned: plan.items.length })
      if (answer === undefined) return item
      const withheld = withheldAnswer(item.id, answer)
      if (withheld !== undefined) unanswered.set(item.id, withheld)
      return withheld === undefined ? { ...item, prediction: answer.text } : item
    })
  } finally {
    await close()
  }
}

/** Silence of a content filter is no answer of ''. */
function withheldAnswer(itemId: string, { text, finishReason }: CallFact): ItemFailure | undefined {
  if (text !== '' || finishReason !== 'content-filter') return undefined
  return { itemId, reason: 'refused', code: 'content-refused', message: `The model’s provider withheld its answer to item ${itemId}.` }
}

/** A model of one's own costs nothing and has no limits but its machine's. */
function freeModel({ modelId }: TextGenerator, { maxAnswerTokens = defaultAnswerTokens }: EvaluateOptions): AskedModel {
  const price = { inputPerMTokUsd: 0, outputPerMTokUsd: 0 }
  const generator = { id: 'local', model: modelId, temperature: 0, maxOutputTokens: maxAnswerTokens, timeoutMs: 600_000, price }
  return { generator, limits: { concurrency: localConcurrency, adaptive: false, maxAttempts: 3 } }
}

type Calls = {
  readonly calls: AccountedCalls
  readonly generator: TextGenerator
  readonly settings: Settings
  readonly concurrency: number
  close(): Promise<void>
}
type Settings = { readonly maxOutputTokens: number; readonly temperature: number; readonly topP?: number | undefined }

async function openCalls(asked: AskedModel, given: TextGenerator | undefined, held: OpenRun, options: EvaluateOptions): Promise<Calls> {
  const { onNotice = () => {}, onEvent, stop, abort, clock = Date.now, maxCostUsd, maxTokens } = options
  const config = asked as RunConfig
  if (maxCostUsd !== undefined && config.generator.price === undefined)
    throw new SediError(
      'invalid-config',
      `A budget in dollars cannot be held at an unknown price: say what ${config.generator.model ?? config.generator.id} costs (price), or use --max-tokens.`,
    )
  const adaptations = (await held.ledger.find('adaptation')).filter(({ modelId }) => modelId === config.generator.model)
  if (given === undefined) mkdirSync(stateFolderOf(held), { recursive: true })
  const generator = given ?? (await createGenerator(config, { adaptations, stateFolder: stateFolderOf(held), onNotice }))
  const close = async (): Promise<void> => {
    if (given === undefined) await generator.close?.()
  }
  try {
    const limits = limitsFor(generator, config)
    const calls = await openAccountedCalls({
      config,
      adapters: { generator },
      ledger: held.ledger,
      budget: held.budget({ maxCostNanoUsd: maxCostUsd === undefined ? undefined : toNanoUsd(maxCostUsd), maxTokens }),
      limiter: held.limiter(limitedKey(config, given), limits),
      clock,
      jitter: Math.random,
      stop,
      abort,
      onNotice,
      onEvent,
    })
    const { maxOutputTokens, temperature, topP } = config.generator
    return { calls, generator, settings: { maxOutputTokens, temperature, ...(topP === undefined ? {} : { topP }) }, concurrency: limits.concurrency, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openJudge(
  items: readonly EvaluationItem[],
  held: OpenRun,
  options: EvaluateOptions,
): Promise<{ readonly generator: TextGenerator; close(): Promise<void> }> {
  const { calls, generator, settings, close } = await openCalls(options.judge!, undefined, held, options)
  return { generator: accountedGenerator(generator, calls, new Map(items.map(({ id }, number) => [id, number])), settings), close }
}

/** Scores what is not scored yet, and records each score. */
async function applyEvaluator(
  evaluator: Evaluator,
  items: readonly EvaluationItem[],
  context: EvalContext,
  unanswered: ReadonlyMap<string, ItemFailure>,
  ledger: Ledger,
  { stop, judge, onProgress }: EvaluateOptions,
): Promise<readonly ItemFailure[]> {
  const scored = new Set((await ledger.find('eval', { evaluator: evaluator.id })).map(({ itemId }) => itemId))
  const failures: ItemFailure[] = []
  const concurrency = evaluator.needs.judge ? Math.max(1, Math.ceil((judge?.limits.concurrency ?? 2) / 2)) : 256
  let done = 0
  await concurrently(items, concurrency, async (item) => {
    if (stop.aborted) throw new SediError('aborted', 'Stopped during evaluation.')
    const result = scored.has(item.id) ? undefined : await scoreItem(evaluator, item, context, unanswered.get(item.id))
    if (result !== undefined && 'kind' in result) await ledger.append([result])
    else if (result !== undefined) failures.push(result)
    onProgress?.({ stage: evaluator.id, done: ++done, planned: items.length })
  })
  if (failures.length === items.length) throw nothingScored(evaluator.id, failures)
  const order = new Map(items.map(({ id }, number) => [id, number]))
  return failures.sort((a, b) => order.get(a.itemId)! - order.get(b.itemId)!)
}

async function scoreItem(
  evaluator: Evaluator,
  item: EvaluationItem,
  context: EvalContext,
  unanswered: ItemFailure | undefined,
): Promise<EvalFact | ItemFailure> {
  const answerless = item.prediction === undefined && evaluator.needs.generator && !(evaluator.needs.scorerWillDo && context.scorer !== undefined)
  if (answerless && unanswered !== undefined) return unanswered
  try {
    const { value, prediction = null } = await evaluator.score(sampleOf(item), context)
    if (!Number.isFinite(value)) throw new SediError('internal', `${evaluator.id} gave item ${item.id} the score ${value}: expected a number.`)
    return { kind: 'eval', round: 1, evaluator: evaluator.id, itemId: item.id, value, prediction }
  } catch (error) {
    return failureOfItem(item.id, error)
  }
}

async function recordState(ledger: Ledger, state: 'running' | 'paused' | 'done', error: SediError | undefined, clock: () => number): Promise<void> {
  await recordRunState(ledger, { state, reason: error?.message ?? '', errorCode: error?.code ?? null, at: clock() })
}

/** The buyer speaks of runs; an evaluation goes on when it is called again. */
function adviseOnBudget(error: SediError): SediError {
  if (error.code !== 'budget-exhausted') return error
  const message = error.message.replace(
    / Raise it to continue:.*$/,
    ' Call the same evaluation again with a higher --max-cost or --max-tokens; what is bought is kept.',
  )
  return new SediError('budget-exhausted', message, { cause: error })
}
