import { type EvalFact, type Evaluator, type HeldOutItem, type OpenModel, SediError, studentPrompt } from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import { modelAfter } from './train-on-batches.ts'

/** Test items asked at a time; the model's scorer answers them in batches of its own size. */
const chunkSize = 256

/** Measures the student on the held-out set; round 0 is the base model. What was scored before a crash is not scored again. */
export async function evaluateModel(round: number, run: Run): Promise<void> {
  const { adapters, config, heldOut } = run
  if (adapters.trainer?.open === undefined || adapters.evaluators.length === 0 || finishedStage(run, round, 'evaluate') !== undefined) return
  const model = await adapters.trainer.open(await modelAfter(round, run))
  try {
    const summary: Record<string, number> = {}
    for (const evaluator of adapters.evaluators) summary[evaluator.id] = await applyEvaluator(evaluator, model, round, run)
    await finishStage(run, round, 'evaluate', { mean: summary, items: heldOut.length })
    run.onProgress({ round, rounds: config.rounds, stage: 'evaluate', done: heldOut.length, planned: heldOut.length })
  } finally {
    await model.close()
  }
}

/** Returns the mean score. */
async function applyEvaluator(evaluator: Evaluator, model: OpenModel, round: number, run: Run): Promise<number> {
  const scored = new Map((await run.ledger.find('eval', { round, evaluator: evaluator.id })).map((fact) => [fact.itemId, fact.value]))
  const open = run.heldOut.filter(({ id }) => !scored.has(id))
  for (let start = 0; start < open.length; start += chunkSize) {
    if (run.stop.aborted) throw new SediError('aborted', 'Stopped during evaluation.')
    run.onProgress({ round, rounds: run.config.rounds, stage: 'evaluate', done: scored.size, planned: run.heldOut.length })
    const facts = await Promise.all(open.slice(start, start + chunkSize).map((item) => scoreItem(evaluator, item, model, round, run)))
    await run.ledger.append(facts)
    for (const { itemId, value } of facts) scored.set(itemId, value)
  }
  return [...scored.values()].reduce((sum, value) => sum + value, 0) / scored.size
}

async function scoreItem(evaluator: Evaluator, item: HeldOutItem, model: OpenModel, round: number, run: Run): Promise<EvalFact> {
  const sample = { id: item.id, prompt: studentPrompt(item), reference: item.reference }
  const { value, prediction = null } = await evaluator.score(sample, { generator: model.generator, scorer: model.scorer, embedder: run.adapters.embedder })
  return { kind: 'eval', round, evaluator: evaluator.id, itemId: item.id, value, prediction }
}
