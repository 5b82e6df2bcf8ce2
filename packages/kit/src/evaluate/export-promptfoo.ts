import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ledger, SediError, studentPrompt } from '@sedi/spec'
import { readRows } from '@sedi/store'
import { stringify } from 'yaml'
import { readEvaluation } from './result.ts'

type Assertion = { readonly type: string; readonly value: string; readonly metric: string }

type TestCase = {
  readonly description: string
  readonly vars: Readonly<Record<string, string>>
  readonly providerOutput: string
  readonly assert: readonly Assertion[]
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Writes an evaluation for promptfoo into `<folder>/promptfoo`: `promptfooconfig.yaml` and `tests.json`, each test with its question, its recorded
 * answer (`providerOutput`, so that nobody is asked), our recorded scores as named metrics, and promptfoo's own `equals` where there is a reference
 * and a closed answer was scored. `npx promptfoo eval -c promptfooconfig.yaml` in that folder shows them; put providers of your own in place of `echo` and
 * remove `providerOutput` to ask other models the same.
 *
 * A closed answer passes at 1; graded scores always pass, their score counts. What has no score has no assertion, and says why in its metadata.
 * Texts are marked so that promptfoo's templates do not act on them; a question with `{#` in it promptfoo 0.123.1 takes for a comment all the same and
 * reports as an error. Returns the folder. Throws `invalid-input` when there are no answers to export.
 */
export async function exportPromptfoo(ledger: Ledger, folder: string): Promise<string> {
  const result = await readEvaluation(ledger)
  const predictions = new Map<string, string>()
  for await (const row of readRows(join(folder, 'predictions.jsonl'))) {
    if ('value' in row) predictions.set((row.value as { id: string }).id, (row.value as { prediction: string }).prediction)
  }
  if (predictions.size === 0)
    throw new SediError('invalid-input', `${result.evaluation} has no recorded answers to export: its evaluators worked with probabilities alone.`)
  const scores = Map.groupBy(await ledger.find('eval'), ({ itemId }) => itemId)
  const isClosed = new Map(result.measured.map(({ evaluator, metric }) => [evaluator, metric.unit.startsWith('share of')]))
  const tests = (await ledger.find('held-out')).flatMap(({ itemId: id, instruction, input, reference, group }): TestCase[] => {
    const prediction = predictions.get(id)
    if (prediction === undefined) return []
    const own = scores.get(id) ?? []
    const recorded = own.map(({ evaluator, value }) => recordedScore(evaluator, value, isClosed.get(evaluator) === true))
    const closed = own.some(({ evaluator }) => isClosed.get(evaluator) === true)
    const equals = reference !== '' && closed ? [{ type: 'equals', value: literal(reference), metric: 'equals' }] : []
    const reasons = result.measured.flatMap(({ evaluator, failures }) =>
      failures.filter(({ itemId }) => itemId === id).map(({ reason }) => [`no ${evaluator}`, reason] as const),
    )
    return [
      {
        description: id,
        vars: { prompt: literal(studentPrompt({ instruction, input })), ...(reference === '' ? {} : { reference: literal(reference) }) },
        providerOutput: prediction,
        assert: [...recorded, ...equals],
        metadata: { id, ...(group === '' ? {} : { group }), ...Object.fromEntries(reasons) },
      },
    ]
  })
  const target = join(folder, 'promptfoo')
  const config = { description: result.evaluation, prompts: ['{{prompt}}'], providers: ['echo'], tests: 'file://tests.json' }
  try {
    mkdirSync(target, { recursive: true })
    writeFileSync(join(target, 'promptfooconfig.yaml'), `# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n${stringify(config)}`)
    writeFileSync(join(target, 'tests.json'), `${JSON.stringify(tests, null, 2)}\n`)
  } catch (error) {
    throw new SediError('storage', `Cannot write ${target}: ${(error as Error).message}.`, { cause: error })
  }
  return target
}

/** A score as it was recorded; promptfoo computes nothing. */
function recordedScore(evaluator: string, value: number, closed: boolean): Assertion {
  return { type: 'javascript', value: `({ pass: ${closed ? value === 1 : true}, score: ${value}, reason: 'recorded' })`, metric: evaluator }
}

/** A text on which templates and references to files have no effect: what would begin one is written as an expression that gives it. */
const literal = (text: string): string =>
  text.replaceAll(/\{[{%#]/g, (mark) => `{{ "${mark}" }}`).replace(/^(?:file|https?|exec|python|huggingface):/, (scheme) => `{{ "${scheme}" }}`)
