import { assertSameJudge, type MeanEstimate, pairedTInterval } from '@sedi/evaluation'
import { type Ledger, SediError } from '@sedi/spec'
import { assertSameQuestions } from './items.ts'
import { type EvaluationResult, readEvaluation } from './result.ts'

/** One evaluator's difference between two evaluations over the items that both scored. */
export type EvaluatorComparison = {
  readonly evaluator: string
  readonly means: readonly [number, number]
  /** First minus second, paired by item, with a 95 % t interval over items; it knows nothing of the spread between runs. */
  readonly difference: MeanEstimate
  /** Items that one of the two has no score of; in neither mean. */
  readonly leftOut: readonly string[]
}

export type ComparedEvaluations = { readonly a: EvaluationResult; readonly b: EvaluationResult; readonly evaluators: readonly EvaluatorComparison[] }

/**
 * Compares two evaluations, item by item, over the evaluators that both have. Throws `invalid-input` with the ids when they are not about the same
 * questions and references, `conflict` when different judges judged, or one judge against different answers, and `invalid-input` when they share no evaluator or no scored
 * item.
 */
export async function compareEvaluations(a: Ledger, b: Ledger): Promise<ComparedEvaluations> {
  const results = [await readFinished(a), await readFinished(b)] as const
  const items = [await a.find('held-out'), await b.find('held-out')] as const
  const [one, two] = items.map((facts) => facts.map(({ itemId: id, instruction, input }) => ({ id, instruction, input })))
  assertSameQuestions(one!, two!, [a.runId, b.runId])
  assertSameReferences(items, results)
  const shared = results[0].config.evaluators.filter((id) => results[1].config.evaluators.includes(id))
  if (shared.length === 0)
    throw new SediError(
      'invalid-input',
      `${a.runId} has ${results[0].config.evaluators.join(', ')} and ${b.runId} has ${results[1].config.evaluators.join(', ')}: there is nothing to compare.`,
    )
  const evaluators = await Promise.all(shared.map((id) => compareEvaluator(id, a, b, results)))
  return { a: results[0], b: results[1], evaluators }
}

async function readFinished(ledger: Ledger): Promise<EvaluationResult> {
  const result = await readEvaluation(ledger)
  if (result.state !== 'done')
    throw new SediError('invalid-input', `The evaluation ${ledger.runId} is not finished (${result.state}). Call it again to continue it.`)
  return result
}

type Items = readonly { readonly itemId: string; readonly reference: string }[]

function assertSameReferences([a, b]: readonly [Items, Items], [resultA, resultB]: readonly [EvaluationResult, EvaluationResult]): void {
  const references = new Map(b.map(({ itemId, reference }) => [itemId, reference]))
  const different = a.filter(({ itemId, reference }) => references.get(itemId) !== reference).map(({ itemId }) => itemId)
  if (different.length === 0) return
  throw new SediError(
    'invalid-input',
    `${resultA.evaluation} and ${resultB.evaluation} take different answers for right, so their scores do not compare: ${different.slice(0, 20).join(', ')}${different.length > 20 ? `, … (${different.length - 20} more)` : ''}.`,
    { details: { different } },
  )
}

async function compareEvaluator(
  evaluator: string,
  a: Ledger,
  b: Ledger,
  [resultA, resultB]: readonly [EvaluationResult, EvaluationResult],
): Promise<EvaluatorComparison> {
  const judged = resultA.measured.find((one) => one.evaluator === evaluator)?.judged
  if (judged !== null && judged !== undefined) {
    assertSameJudge(resultA.config.judge!, resultB.config.judge!)
    if (resultA.config.baselinesHash !== resultB.config.baselinesHash)
      throw new SediError(
        'conflict',
        `The judge compared ${a.runId} and ${b.runId} with different answers, so their win rates do not compare. Judge both against the same file (--against).`,
      )
  }
  const [scoresA, scoresB] = await Promise.all(
    [a, b].map(async (ledger) => new Map((await ledger.find('eval', { evaluator })).map(({ itemId, value }) => [itemId, value]))),
  )
  const ids = (await a.find('held-out')).map(({ itemId }) => itemId)
  const both = ids.filter((id) => scoresA!.has(id) && scoresB!.has(id))
  if (both.length === 0) throw new SediError('invalid-input', `${evaluator} has scored no item in both ${a.runId} and ${b.runId}.`)
  const [valuesA, valuesB] = [both.map((id) => scoresA!.get(id)!), both.map((id) => scoresB!.get(id)!)]
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { evaluator, means: [mean(valuesA), mean(valuesB)], difference: pairedTInterval(valuesA, valuesB), leftOut: ids.filter((id) => !both.includes(id)) }
}
