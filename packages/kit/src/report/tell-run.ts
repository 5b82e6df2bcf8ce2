import { estimateCost, toUsd } from '@sedi/pipeline'
import type { Ledger, RunConfig, RunFact, SeedEventFact } from '@sedi/spec'
import { type DatasetMetrics, measureDatasets, readDataset } from '../files/measure-datasets.ts'
import type { ShadowBaseline } from '../replay/shadow-baseline.ts'
import { compareScores } from '../runs/compare/compare-scores.ts'
import type { ScoreDifference, SpendingPoint } from '../runs/compare/comparison.ts'
import { spendingOf } from '../runs/compare/spending.ts'
import { countExisting, type ExistingTexts } from '../runs/existing-texts.ts'
import { notesOf } from '../runs/plan-run.ts'
import { configOf, runFactOf } from '../runs/run-config-of.ts'
import { type RunReport, reportRun } from '../runs/run-report.ts'
import { createRunBook } from '../views/run-book.ts'
import { trainingView } from '../views/training-view.ts'
import { listSeeds, type SeedList } from './list-seeds.ts'
import { type RejectionDetail, rejectionDetails } from './rejection-details.ts'
import { type Purpose, spendingByPurpose } from './spending-by-purpose.ts'
import { type TellingExamples, tellingExamples } from './telling-examples.ts'
import { type Troubles, troublesOf } from './troubles.ts'

/** All that a report on one run says, as data: its ledger's, and what a replay of it adds. Dollars; null where nobody can know. */
export type RunStory = {
  readonly report: RunReport
  readonly run: RunFact
  readonly config: RunConfig
  /** What it was meant to be. */
  readonly plan: {
    readonly calls: number | null
    readonly kept: number | null
    readonly costUsd: number | null
    readonly budgetUsd: number | null
    readonly worstCaseUsd: number | null
  }
  readonly humanSeeds: number
  /** Null without `filter.against`. */
  readonly existing: ExistingTexts | null
  readonly testItems: number
  readonly startedAt: number
  /** When the last thing was recorded of its state or stages. */
  readonly endedAt: number
  readonly rounds: readonly RoundStory[]
  readonly spending: readonly Purpose[]
  readonly keptByCost: readonly SpendingPoint[]
  readonly rejections: readonly RejectionDetail[]
  readonly baseline: ShadowBaseline | null
  /** Of the last model against the base model on the same items, by evaluator. */
  readonly changes: readonly (ScoreDifference & { readonly evaluator: string; readonly isShare: boolean; readonly items: number })[]
  readonly training: Awaited<ReturnType<typeof trainingView>>
  readonly diversity: DatasetMetrics | null
  readonly seeds: SeedList
  readonly examples: TellingExamples
  readonly troubles: Troubles
  readonly notes: readonly string[]
  readonly runtimes: readonly string[]
}

export type RoundStory = {
  readonly round: number
  readonly calls: number
  readonly raw: number
  readonly kept: number
  readonly costUsd: number | null
  readonly steps: number
  readonly meanLoss: number | null
  readonly seedsAdded: number
  readonly seedsEvicted: number
}

export type TellOptions = {
  /** Whether some process has the run open for writing. */
  readonly held: boolean
  /** Of a replay that the caller has made; null where there is none. */
  readonly baseline: ShadowBaseline | null
  /** Measure how varied the kept instructions are: some seconds. @default true */
  readonly diversity?: boolean | undefined
}

/** Below so many texts a subsample says nothing. */
const leastMeasured = 20

/** Reads the story of a run from its ledger. Works at any stage, also of a run that has nothing yet. Throws `not-found` for a ledger without a run. */
export async function tellRun(ledger: Ledger, { held, baseline, diversity = true }: TellOptions): Promise<RunStory> {
  const run = await runFactOf(ledger)
  const config = await configOf(ledger)
  const report = await reportRun(ledger, held)
  const seeds = await ledger.find('seed-event', { round: 0, action: 'add' })
  const states = await ledger.find('run-state')
  const stages = await ledger.find('stage')
  const sessions = await ledger.find('session')
  return {
    ...{ report, run, config, baseline },
    plan: {
      ...{ calls: config.target.calls ?? null, kept: config.target.kept ?? null, costUsd: config.target.costUsd ?? null },
      ...{ budgetUsd: config.budget.maxCostUsd ?? null, worstCaseUsd: worstCaseOf(config, seeds) },
    },
    humanSeeds: seeds.length,
    existing: await countExisting(ledger),
    testItems: (await ledger.find('held-out')).length,
    startedAt: run.createdAt,
    endedAt: Math.max(run.createdAt, ...states.map(({ at }) => at), ...stages.map(({ at }) => at)),
    rounds: await roundsOf(ledger),
    spending: await spendingByPurpose(ledger),
    keptByCost: await spendingOf(ledger),
    rejections: await rejectionDetails(ledger),
    changes: await changesOf(ledger, report),
    training: await trainingView(ledger, 400),
    diversity: diversity ? await measured(ledger, seeds, report.kept) : null,
    seeds: await listSeeds(ledger),
    examples: await tellingExamples(ledger),
    troubles: await troublesOf(ledger),
    notes: notesOf(config),
    runtimes: [...new Set(sessions.map(({ softwareVersion, runtime, platform }) => `SeDi ${softwareVersion} on ${runtime}, ${platform}`))],
  }
}

/** As the plan reckons it; null where the configuration does not say how many calls. */
function worstCaseOf(config: RunConfig, seeds: readonly SeedEventFact[]): number | null {
  const { worstCaseNanoUsd } = estimateCost(
    config,
    seeds.map(({ seedId: id, origin, instruction, input, output }) => ({ id, origin, instruction, input, output })),
  )
  return worstCaseNanoUsd === null ? null : toUsd(worstCaseNanoUsd)
}

/** What was kept, and beside it the human seeds where there are enough of them. */
async function measured(ledger: Ledger, seeds: readonly SeedEventFact[], kept: number): Promise<DatasetMetrics | null> {
  if (kept < leastMeasured) return null
  const own = await readDataset('kept instructions', { ledger })
  const human = { name: 'human seeds', texts: seeds.map(({ instruction }) => instruction) }
  return measureDatasets(seeds.length < leastMeasured ? [own] : [human, own])
}

async function roundsOf(ledger: Ledger): Promise<RoundStory[]> {
  const book = createRunBook(ledger)
  while (!(await book.readWithin(60_000, 'progress'))) {
    // A long ledger takes as long as it takes.
  }
  const losses = new Map<number, { sum: number; steps: number }>()
  for await (const page of ledger.columns('step', ['round', 'loss'])) {
    for (const { round, loss } of page) {
      const own = losses.get(round) ?? { sum: 0, steps: 0 }
      losses.set(round, { sum: own.sum + loss, steps: own.steps + 1 })
    }
  }
  const calls = new Map((await ledger.totals()).rounds.map((round) => [round.round, round.calls]))
  return book.rounds().map(({ round, raw, kept, costNanoUsd, steps, seedsAdded, seedsEvicted }) => {
    const loss = losses.get(round)
    return {
      ...{ round, raw, kept, steps, seedsAdded, seedsEvicted, calls: calls.get(round) ?? 0 },
      costUsd: costNanoUsd === null ? null : toUsd(costNanoUsd),
      meanLoss: loss === undefined ? null : loss.sum / loss.steps,
    }
  })
}

/** The first evaluation of each evaluator against its last one; none where there is only one. */
async function changesOf(ledger: Ledger, { evaluations }: RunReport): Promise<RunStory['changes']> {
  const groups = new Map((await ledger.find('held-out')).map(({ itemId, group }) => [itemId, group]))
  const changes: RunStory['changes'][number][] = []
  for (const [evaluator, own] of Map.groupBy(evaluations, (one) => one.evaluator)) {
    const [first, last] = [own[0]!, own.at(-1)!]
    if (first.round === last.round) continue
    const models = await Promise.all(
      [first, last].map(async ({ round }) => ({
        label: round === 0 ? 'base model' : `after round ${round}`,
        round,
        scores: new Map((await ledger.find('eval', { round, evaluator })).map(({ itemId, value }) => [itemId, value])),
      })),
    )
    const { differences, isShare, items } = compareScores(evaluator, models, groups)
    changes.push(...differences.map((difference) => ({ ...difference, evaluator, isShare, items })))
  }
  return changes
}
