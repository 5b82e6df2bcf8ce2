import { sha256 } from '@sedi/pipeline'
import { canonicalJson, type Evaluator, type HeldOutItem, type Issue, issuesError, type Sample, studentPrompt } from '@sedi/spec'
import { taskOfRecord } from '@sedi/store'
import { loadUnique } from '../inputs/load-unique.ts'

/** One item to be evaluated: the question, the right answers, and what is known of the student's answer beforehand. */
export type EvaluationItem = {
  readonly id: string
  readonly instruction: string
  readonly input: string
  /** Right answers, the main one first; may be empty. */
  readonly references: readonly string[]
  readonly choices: readonly string[] | undefined
  readonly group: string
  /** How hard the instruction is for any model; for length control. */
  readonly difficulty: number | undefined
  readonly prediction: string | undefined
  /** What the student's answer is compared with. */
  readonly baseline: string | undefined
}

/** How many ids a refusal lists. */
const mostListed = 20

/**
 * Items from a file: `id`, `instruction`, `input?`; `reference` or `references` (else `output`, as in test sets and Alpaca records) for the right
 * answers, `prediction` for the student's, `choices`, `group`, `difficulty`. Messages and Self-Instruct records are read as test sets are.
 * Rows without an id are named by position. Throws `invalid-input` with every broken row and every id that is used twice.
 */
export const loadEvaluationItems = (path: string): Promise<EvaluationItem[]> =>
  loadUnique(path, 'items', (value, position) => readItem(value, `test-${String(position).padStart(4, '0')}`))

type Row = Readonly<Record<string, unknown>>

function readItem(value: unknown, defaultId: string): EvaluationItem | { readonly problem: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'expected an object' }
  const row = value as Row
  const task = row.messages === undefined && row.instances === undefined ? plainTask(row) : taskOfRecord(row)
  if ('problem' in task) return task
  for (const field of ['prediction', 'reference', 'group'] as const) {
    if (row[field] !== undefined && row[field] !== null && typeof row[field] !== 'string')
      return { problem: `expected a text in “${field}”, got ${typeof row[field]}` }
  }
  for (const field of ['references', 'choices'] as const) {
    if (row[field] !== undefined && row[field] !== null && !isTexts(row[field])) return { problem: `expected a list of texts in “${field}”` }
  }
  if (row.difficulty !== undefined && row.difficulty !== null && !Number.isFinite(row.difficulty)) return { problem: 'expected a number in “difficulty”' }
  const { instruction, input, output } = task.task
  const references = [...(typeof row.reference === 'string' ? [row.reference] : []), ...((row.references as readonly string[] | null | undefined) ?? [])]
  return {
    id: typeof row.id === 'string' && row.id !== '' ? row.id : typeof row.id === 'number' ? String(row.id) : defaultId,
    instruction,
    input,
    references: references.length > 0 || output === undefined ? references : [output],
    choices: (row.choices as readonly string[] | null | undefined) ?? undefined,
    group: (row.group as string | null | undefined) ?? '',
    difficulty: (row.difficulty as number | null | undefined) ?? undefined,
    prediction: (row.prediction as string | null | undefined) ?? undefined,
    baseline: undefined,
  }
}

type PlainTask = { readonly task: { readonly instruction: string; readonly input: string; readonly output: string | undefined } } | { readonly problem: string }

/** Without an output, which an item that only asks for a judgement has not. */
function plainTask(row: Row): PlainTask {
  const read = taskOfRecord({ ...row, output: row.output ?? '' })
  return 'problem' in read ? read : { task: { ...read.task, output: typeof row.output === 'string' ? row.output : undefined } }
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')

export const itemOfHeldOut = ({ reference, ...item }: HeldOutItem): EvaluationItem => ({
  ...item,
  references: [reference],
  choices: undefined,
  difficulty: undefined,
  prediction: undefined,
  baseline: undefined,
})

/** The item as an evaluator gets it. */
export const sampleOf = (item: EvaluationItem): Sample => ({
  id: item.id,
  prompt: studentPrompt(item),
  reference: item.references[0],
  references: item.references.slice(1),
  choices: item.choices,
  prediction: item.prediction,
  baseline: item.baseline,
})

/**
 * Gives each item what its answer is compared with: the prediction of the same id in another file, or, without one, its main reference.
 * Throws `invalid-input` with the ids that only one file has, whose instructions differ, or that have nothing to compare with.
 */
export function withBaselines(
  items: readonly EvaluationItem[],
  others: readonly EvaluationItem[] | undefined,
  [name, otherName]: readonly [string, string],
): EvaluationItem[] {
  if (others === undefined) {
    refuse(
      `pairwise-judge compares each answer of ${name} with another one. These items have neither a reference nor, with --against, another model’s prediction:`,
      name,
      [['missing-reference', items.filter(({ references }) => references.length === 0).map(({ id }) => id), 'nothing to compare with']],
    )
    return items.map((item) => ({ ...item, baseline: item.references[0]! }))
  }
  assertSameQuestions(items, others, [name, otherName])
  refuse(`These items of ${otherName} have no prediction (a model’s answer is read from “prediction”; “output” is the right answer):`, otherName, [
    ['missing-prediction', others.filter(({ prediction }) => prediction === undefined).map(({ id }) => id), 'no prediction'],
  ])
  const baselines = new Map(others.map(({ id, prediction }) => [id, prediction!]))
  return items.map((item) => ({ ...item, baseline: baselines.get(item.id)! }))
}

type Question = Pick<EvaluationItem, 'id' | 'instruction' | 'input'>

/** Throws `invalid-input`, listing the ids, unless both have the same ids and each asks the same in both. */
export function assertSameQuestions(a: readonly Question[], b: readonly Question[], [nameA, nameB]: readonly [string, string]): void {
  const [inA, inB] = [new Map(a.map((item) => [item.id, item])), new Map(b.map((item) => [item.id, item]))]
  const different = a.filter(({ id, ...item }) => {
    const other = inB.get(id)
    return other !== undefined && (other.instruction !== item.instruction || other.input !== item.input)
  })
  refuse(`${nameA} and ${nameB} are not about the same items, so they do not compare:`, nameB, [
    ['only-in-one', a.filter(({ id }) => !inB.has(id)).map(({ id }) => id), `only in ${nameA}`],
    ['only-in-one', b.filter(({ id }) => !inA.has(id)).map(({ id }) => id), `only in ${nameB}`],
    ['different-instruction', different.map(({ id }) => id), 'another instruction or input under the same id'],
  ])
}

/** Throws `invalid-input`, listing the ids, when an evaluator needs what an item has not. */
export function assertUsable(
  items: readonly EvaluationItem[],
  evaluators: readonly Evaluator[],
  { name, answers }: { readonly name: string; readonly answers: 'recorded' | 'asked' },
): void {
  const needing = evaluators.filter(({ needs }) => needs.reference).map(({ id }) => id)
  const needsAnswers = evaluators.some(({ needs }) => needs.generator) && answers === 'recorded'
  refuse(`${name} lacks what the evaluators work with:`, name, [
    [
      'missing-reference',
      needing.length === 0 ? [] : items.filter(({ references }) => references.length === 0).map(({ id }) => id),
      `no reference, which ${needing.join(' and ')} needs`,
    ],
    [
      'missing-prediction',
      needsAnswers ? items.filter(({ prediction }) => prediction === undefined).map(({ id }) => id) : [],
      'no prediction (a model’s answer is read from “prediction”), and no model to ask: name a run, or --generator',
    ],
  ])
}

function refuse(title: string, path: string, problems: readonly (readonly [code: string, ids: readonly string[], message: string])[]): void {
  const issues = problems
    .filter(([, ids]) => ids.length > 0)
    .map(([code, ids, message]): Issue => {
      const more = ids.length > mostListed ? `, … (${ids.length - mostListed} more)` : ''
      return { path, code, message: `${ids.length} ${ids.length === 1 ? 'item' : 'items'}, ${message}: ${ids.slice(0, mostListed).join(', ')}${more}` }
    })
  if (issues.length > 0) throw issuesError('invalid-input', title, issues)
}

/** Of what is asked and compared; the same whatever file it came from. */
export const hashOfItems = (items: readonly EvaluationItem[]): string => sha256(canonicalJson(items))
