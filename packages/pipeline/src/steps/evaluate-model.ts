import { type EvalFact, type Evaluator, type HeldOutItem, type OpenModel, SediError, studentPrompt } from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import { failureOfItem, type ItemFailure, nothingScored } from './item-failure.ts'
import { modelAfter } from './train-on-batches.ts'

/** Test items asked at a time; the model's scorer answers them in batches of its own size. */
const chunkSize = 256

/**
 * Measures the student on the held-out set; round 0 is the base model. What was scored before a crash is not scored again. An item that an
 * evaluator cannot score has no score, and is named in what the stage records; a round without any score is an error.
 */
export async function evaluateModel(round: number, run: Run): Promise<void> {
  const { adapters, config, heldOut } = run
  if (config.evaluation.rounds === 'last' && round !== config.rounds) return
  if (adapters.trainer?.open === undefined || adapters.evaluators.length === 0 || finishedStage(run, round, 'evaluate') !== undefined) return
  const model = await adapters.trainer.open(await modelAfter(round, run), { signal: run.stop })
  try {
    const mean: Record<string, number> = {}
    const failed: Record<string, readonly ItemFailure[]> = {}
    for (const evaluator of adapters.evaluators) {
      const applied = await applyEvaluator(evaluator, model, round, run)
      mean[evaluator.id] = applied.mean
      if (applied.failures.length > 0) failed[evaluator.id] = applied.failures
    }
    const failures = Object.keys(failed).length === 0 ? {} : { failed, warning: warningOf(round, failed, heldOut.length) }
    await finishStage(run, round, 'evaluate', { mean, items: heldOut.length, ...failures })
    run.onProgress({ round, rounds: config.rounds, stage: 'evaluate', done: heldOut.length, planned: heldOut.length })
  } finally {
    await model.close()
  }
}

type Applied = { readonly mean: number; readonly failures: readonly ItemFailure[] }

async function applyEvaluator(evaluator: Evaluator, model: OpenModel, round: number, run: Run): Promise<Applied> {
  const scored = new Map((await run.ledger.find('eval', { round, evaluator: evaluator.id })).map((fact) => [fact.itemId, fact.value]))
  const failures: ItemFailure[] = []
  const open = run.heldOut.filter(({ id }) => !scored.has(id))
  for (let start = 0; start < open.length; start += chunkSize) {
    if (run.stop.aborted) throw new SediError('aborted', 'Stopped during evaluation.')
    run.onProgress({ round, rounds: run.config.rounds, stage: 'evaluate', done: scored.size, planned: run.heldOut.length })
    const results = await Promise.all(open.slice(start, start + chunkSize).map((item) => scoreItem(evaluator, item, model, round, run)))
    const facts = results.filter((result) => 'kind' in result)
    failures.push(...results.filter((result): result is ItemFailure => !('kind' in result)))
    await run.ledger.append(facts)
    for (const { itemId, value } of facts) scored.set(itemId, value)
  }
  if (scored.size === 0) throw nothingScored(evaluator.id, failures)
  return { mean: [...scored.values()].reduce((sum, value) => sum + value, 0) / scored.size, failures }
}

async function scoreItem(evaluator: Evaluator, item: HeldOutItem, model: OpenModel, round: number, run: Run): Promise<EvalFact | ItemFailure> {
  const sample = { id: item.id, prompt: studentPrompt(item), reference: item.reference }
  try {
    const { value, prediction = null } = await evaluator.score(sample, { generator: model.generator, scorer: model.scorer, embedder: run.adapters.embedder })
    if (!Number.isFinite(value)) throw new SediError('internal', `${evaluator.id} gave item ${item.id} the score ${value}: expected a number.`)
    return { kind: 'eval', round, evaluator: evaluator.id, itemId: item.id, value, prediction }
  } catch (error) {
    return failureOfItem(item.id, error)
  }
}

function warningOf(round: number, failed: Readonly<Record<string, readonly ItemFailure[]>>, items: number): string {
  const each = Object.entries(failed).map(
    ([id, failures]) =>
      `${id} ${failures.length} of ${items} (${failures
        .slice(0, 3)
        .map(({ itemId }) => itemId)
        .join(', ')}${failures.length > 3 ? ', …' : ''}: ${failures[0]!.message})`,
  )
  return `Round ${round}: items without a score are left out of its means: ${each.join('; ')}`
}
