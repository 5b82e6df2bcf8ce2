import { wilsonInterval } from '@sedi/evaluation'
import { type Ledger, type RunConfig, SediError } from '@sedi/spec'
import { changedKeys } from '../../config/fingerprint.ts'
import { type DatasetMetrics, measureDatasets, readDataset } from '../../files/measure-datasets.ts'
import { begunConfig, runFactOf } from '../run-config-of.ts'
import { type RunReport, reportRun } from '../run-report.ts'
import { compareReplicates, pairsOf } from './compare-replicates.ts'
import { compareScores, type ModelScores } from './compare-scores.ts'
import type { ComparedRun, EvaluationComparison, RunComparison } from './comparison.ts'
import { quoteOf } from './comparison-sentences.ts'
import { spendingOf } from './spending.ts'
import { type Measured, measuredIn, requireSameTest, sharedEvaluators } from './test-sets.ts'

export type CompareOptions = {
  /** Compare runs that are not done by the last round that all have evaluated. @default false */
  readonly unfinished?: boolean | undefined
  /** Measure what the runs kept: about 7 s for each of thousands of instructions. @default true */
  readonly diversity?: boolean | undefined
  /** Whether some process has the run open for writing, by its place in `ledgers`. Default: none has. */
  readonly held?: readonly boolean[] | undefined
}

type Opened = Measured & { readonly ledger: Ledger; readonly report: RunReport; readonly recipe: string; readonly fingerprint: string }

/**
 * Runs side by side: cost, what was kept and how varied it is, and how their students answer the same held-out items, paired by item.
 *
 * Throws `invalid-input` for what cannot be compared, with the reason: fewer than two runs, one of them twice, different test sets, wordings,
 * references or judges, a run that is not done (unless `unfinished`). Runs without an evaluation are compared by the rest, which a note says.
 * Reads each ledger once or twice; only kept texts and scores are held in memory.
 */
export async function compareRuns(
  ledgers: readonly Ledger[],
  { unfinished = false, diversity = true, held = [] }: CompareOptions = {},
): Promise<RunComparison> {
  if (ledgers.length < 2) throw new SediError('invalid-input', `There is nothing to compare: expected at least two runs, got ${ledgers.length}.`)
  if (ledgers.length > labels.length) throw new SediError('invalid-input', `Expected at most ${labels.length} runs, got ${ledgers.length}.`)
  const opened: Opened[] = []
  for (const [i, ledger] of ledgers.entries()) opened.push(await openForComparison(ledger, labels[i]!, held[i] ?? false))
  requireDifferentRuns(opened)
  if (!unfinished) requireDone(opened)

  const runs: ComparedRun[] = []
  for (const run of opened) runs.push(await comparedRun(run))
  const tested = opened.every(({ heldOut }) => heldOut.size > 0)
  for (const other of opened.slice(1)) if (tested) requireSameTest(opened[0]!, other)
  const evaluations = tested ? await compareEvaluations(opened) : []
  const partial = { runs, configuration: differingKeys(opened), heldOut: tested ? testSetOf(opened[0]!) : null, evaluations }
  const measured = diversity ? await measureKept(opened) : null
  const notes = notesOf(opened, evaluations, diversity && measured === null)
  return { ...partial, diversity: measured, notes, quote: quoteOf({ ...partial, unfinished: opened.some(({ report }) => report.state !== 'done') }) }
}

const labels = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'] as readonly string[]

async function openForComparison(ledger: Ledger, label: string, held: boolean): Promise<Opened> {
  const run = await runFactOf(ledger)
  const config = begunConfig(run)
  const measured = await measuredIn(label, run.runId, config, ledger)
  return { ...measured, ledger, report: await reportRun(ledger, held), recipe: config.recipe, fingerprint: run.fingerprint }
}

function requireDifferentRuns(opened: readonly Opened[]): void {
  const twice = opened.find(({ run, report }, i) => opened.slice(0, i).some((other) => other.run === run && other.report.digest === report.digest))
  if (twice !== undefined) throw new SediError('invalid-input', `${twice.run} was named twice: expected different runs.`)
}

function requireDone(opened: readonly Opened[]): void {
  const open = opened.find(({ report }) => report.state !== 'done')
  if (open === undefined) return
  const { state, rounds } = open.report
  throw new SediError(
    'invalid-input',
    `${open.label} (${open.run}) is not done: it is ${state} after ${rounds.done} of ${rounds.planned} rounds. Let it finish (sedi resume ${open.run}), or compare what there is with --unfinished.`,
  )
}

async function comparedRun({ label, recipe, config, report, ledger }: Opened): Promise<ComparedRun> {
  const { kept, raw } = report
  const keptShare = raw === 0 ? null : { share: kept / raw, ...wilsonInterval(kept, raw) }
  return { label, name: `${label} ${recipe}`, randomSeed: config.randomSeed, report, keptShare, spending: await spendingOf(ledger) }
}

const testSetOf = ({ heldOut }: Measured) => ({ items: heldOut.size, groups: new Set([...heldOut.values()].map(({ group }) => group)).size })

function differingKeys(opened: readonly Opened[]): RunComparison['configuration'] {
  const keys = new Set(opened.slice(1).flatMap(({ config }) => changedKeys(opened[0]!.config, config)))
  return [...keys].map((key) => ({ key, values: opened.map(({ config }) => valueAt(config, key) ?? null) }))
}

const valueAt = (config: RunConfig, key: string): unknown =>
  key.split('.').reduce((value: unknown, part) => (value as Readonly<Record<string, unknown>> | undefined)?.[part], config)

async function compareEvaluations(opened: readonly Opened[]): Promise<EvaluationComparison[]> {
  const groups = new Map([...opened[0]!.heldOut.values()].map(({ itemId, group }) => [itemId, group]))
  const rounds = await roundsToCompare(opened)
  if (rounds === null) return []
  const compared: EvaluationComparison[] = []
  for (const evaluator of sharedEvaluators(opened)) {
    const models: ModelScores[] = []
    for (const [i, { label, ledger }] of opened.entries()) {
      const facts = await ledger.find('eval', { round: rounds[i]!, evaluator })
      models.push({ label, round: rounds[i]!, scores: new Map(facts.map(({ itemId, value }) => [itemId, value])) })
    }
    const scores = compareScores(evaluator, models, groups)
    const itemIds = [...groups.keys()].filter((id) => models.every((model) => model.scores.has(id)))
    const pairs = pairsOf(opened)
    compared.push({ ...scores, replicates: pairs === null ? null : compareReplicates(pairs, models, itemIds) })
  }
  return compared
}

/** Each run's last evaluated round; where one is not done, the last that all have. null where a run has none. */
async function roundsToCompare(opened: readonly Opened[]): Promise<number[] | null> {
  const evaluated: number[][] = []
  for (const { ledger } of opened) evaluated.push((await ledger.find('stage', { stage: 'evaluate' })).map(({ round }) => round))
  if (evaluated.some(({ length }) => length === 0)) return null
  const last = evaluated.map((rounds) => Math.max(...rounds))
  if (opened.every(({ report }) => report.state === 'done')) return last
  const common = Math.max(...evaluated[0]!.filter((round) => evaluated.every((rounds) => rounds.includes(round))), -1)
  return common < 0 ? null : last.map(() => common)
}

async function measureKept(opened: readonly Opened[]): Promise<DatasetMetrics | null> {
  if (opened.some(({ report }) => report.kept < 2)) return null
  const datasets = []
  for (const { label, ledger } of opened) datasets.push(await readDataset(label, { ledger }))
  return measureDatasets(datasets)
}

function notesOf(opened: readonly Opened[], evaluations: readonly EvaluationComparison[], tooFew: boolean): string[] {
  const notes: string[] = []
  const [first, ...others] = opened as [Opened, ...Opened[]]
  if (others.some(({ report }) => report.digest === first.report.digest))
    notes.push('Runs with one digest have the same results: this compares a run with its repetition.')
  if (evaluations.length === 0) {
    const without = opened.filter(({ report, heldOut }) => report.evaluations.length === 0 || heldOut.size === 0).map(({ label }) => label)
    notes.push(
      `Accuracy is not compared: ${without.length > 0 ? `${without.join(' and ')} ${without.length > 1 ? 'have' : 'has'} no evaluation` : 'no round is evaluated in all runs'}.`,
    )
  }
  for (const { evaluator, unscored, items } of evaluations) {
    for (const { label, itemIds } of unscored)
      notes.push(
        `${evaluator}: ${label} has no score for ${itemIds.length} items (${itemIds.slice(0, 3).join(', ')}${itemIds.length > 3 ? ', …' : ''}); the ${items} that all have are compared.`,
      )
    const partly = opened.flatMap(({ config }) => config.evaluation.evaluators).filter((id) => !evaluations.some((one) => one.evaluator === id))
    if (partly.length > 0) notes.push(`Not every run was measured by ${[...new Set(partly)].join(', ')}: left out.`)
  }
  const bases = opened.map(({ report }) => report.evaluations.find(({ round }) => round === 0)?.mean)
  if (evaluations.length > 0 && bases.some((mean) => mean !== bases[0]))
    notes.push('The students differ before any training: their base models are not the same.')
  if (isApart(opened.map(({ report }) => report.raw)))
    notes.push('The share that is rejected grows with the number of texts written: shares compare only where that number is equal.')
  if (opened.every(({ report }) => report.steps > 0) && isApart(opened.map(({ report }) => report.epochs)))
    notes.push('Epochs differ: equal steps over fewer instructions repeat each more often, which alone changes accuracy.')
  if (opened.every(({ report }) => report.steps > 0) && isApart(opened.map(({ report }) => report.steps)))
    notes.push('The students were not trained for equally many steps.')
  if (isApart(opened.map(({ report }) => report.calls))) notes.push('The runs asked the teacher not equally often.')
  if (new Set(opened.map(({ config }) => `${config.generator.id} ${config.generator.model ?? ''}`)).size > 1) notes.push('The teachers differ.')
  if (tooFew) notes.push('Diversity is not measured: a run kept fewer than two instructions.')
  for (const { label, report } of opened)
    if (report.state !== 'done') notes.push(`${label} is ${report.state} after ${report.rounds.done} of ${report.rounds.planned} rounds.`)
  return notes
}

/** More than 5 % between the smallest and the largest. */
const isApart = (values: readonly number[]): boolean => Math.max(...values) > 1.05 * Math.min(...values)
