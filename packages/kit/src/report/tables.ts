import type { ReportPart } from '@sedi/evaluation'
import { oneLine, type RejectionReason } from '@sedi/spec'
import { type MetricName, metricDescriptions } from '../files/measure-datasets.ts'
import { formatCount, formatPercent, formatUsd } from '../format.ts'
import type { RunStory } from './tell-run.ts'

type Table = Extract<ReportPart, { readonly kind: 'table' }>

/** What was meant, and what became of it. */
export function planTable({ plan, report, config }: RunStory): Table {
  const rows: (readonly string[])[] = [
    ['rounds', formatCount(report.rounds.planned), formatCount(report.rounds.done)],
    ['calls', plan.calls === null ? 'no target' : formatCount(plan.calls), formatCount(report.calls - report.followUpCalls)],
    ['instructions kept', plan.kept === null ? 'no target' : formatCount(plan.kept), formatCount(report.kept)],
    [
      'cost',
      plan.costUsd === null ? (plan.worstCaseUsd === null ? 'not known beforehand' : `at most ${formatUsd(plan.worstCaseUsd)}`) : formatUsd(plan.costUsd),
      formatUsd(report.costUsd),
    ],
    [
      'budget',
      plan.budgetUsd === null ? 'none' : formatUsd(plan.budgetUsd, 2),
      plan.budgetUsd === null || report.costUsd === null ? '–' : `${formatPercent(report.costUsd / plan.budgetUsd)} used`,
    ],
  ]
  const perRound = config.training.stepsPerRound
  if (config.trainer.id !== 'none')
    rows.push([
      'optimiser steps',
      perRound === undefined ? `${config.training.epochsPerRound ?? 1} epochs a round` : formatCount(perRound * report.rounds.planned),
      formatCount(report.steps),
    ])
  return { kind: 'table', rows: [['', 'planned', 'happened'], ...rows] }
}

/** A row for each round; columns that no round has anything for are left out. */
export function roundTable({ rounds, report }: RunStory): Table {
  const evaluators = [...new Set(report.evaluations.map(({ evaluator }) => evaluator))]
  type Row = RunStory['rounds'][number]
  const columns: { readonly head: string; readonly cell: (row: Row) => string; readonly given?: boolean }[] = [
    { head: 'round', cell: ({ round }) => String(round) },
    { head: 'calls', cell: ({ calls }) => formatCount(calls) },
    { head: 'written', cell: ({ raw }) => formatCount(raw) },
    { head: 'kept', cell: ({ kept }) => formatCount(kept) },
    { head: 'yield', cell: ({ raw, kept }) => formatPercent(raw === 0 ? null : kept / raw, 0) },
    { head: 'cost', cell: ({ costUsd }) => formatUsd(costUsd) },
    { head: 'per kept', cell: ({ costUsd, kept }) => (costUsd === null || kept === 0 ? '–' : formatUsd(costUsd / kept, 6)) },
    { head: 'steps', cell: ({ steps }) => formatCount(steps), given: rounds.some(({ steps }) => steps > 0) },
    { head: 'mean loss', cell: ({ meanLoss }) => meanLoss?.toFixed(3) ?? '–', given: rounds.some(({ meanLoss }) => meanLoss !== null) },
    { head: 'seeds in', cell: ({ seedsAdded }) => formatCount(seedsAdded), given: rounds.some(({ seedsAdded }) => seedsAdded > 0) },
    ...evaluators.map((evaluator) => ({
      head: evaluator,
      cell: ({ round }: Row) => scoreText(report.evaluations.find((one) => one.evaluator === evaluator && one.round === round)),
    })),
  ]
  const shown = columns.filter(({ given = true }) => given)
  return { kind: 'table', rows: [shown.map(({ head }) => head), ...rounds.map((round) => shown.map(({ cell }) => cell(round)))] }
}

const scoreText = (evaluation: RunStory['report']['evaluations'][number] | undefined): string =>
  evaluation === undefined ? '–' : evaluation.interval === null ? evaluation.mean.toFixed(3) : formatPercent(evaluation.mean)

const reasonMeanings: Readonly<Record<RejectionReason, string>> = {
  malformed: 'the reply could not be read as a task with an answer',
  truncated: 'cut off by the limit on output',
  heuristic: 'a rule on form: length, forbidden words, signs',
  check: 'a check found a defect',
  contaminated: 'repeats a test task or a question of a benchmark',
  similar: 'too similar in words to an earlier text',
  'similar-meaning': 'too similar in meaning to an earlier text',
  unanswered: 'no usable answer was written for it',
}

/** Of what was written, by verdict. */
export function rejectionTable({ report: { raw, kept, rejected }, config }: RunStory): Table {
  const meaning = (reason: RejectionReason): string =>
    reason === 'similar' ? `${reasonMeanings.similar}: ROUGE-L above ${config.filter.threshold}` : reasonMeanings[reason]
  const reasons = (Object.entries(rejected) as [RejectionReason, number][]).filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1])
  return {
    kind: 'table',
    words: [3],
    rows: [
      ['', 'items', 'share', 'what it means'],
      ['kept', formatCount(kept), formatPercent(raw === 0 ? null : kept / raw), 'passed every check; in the pool'],
      ...reasons.map(([reason, count]) => [reason, formatCount(count), formatPercent(count / raw), meaning(reason)]),
    ],
  }
}

export function detailTable({ rejections }: RunStory): Table {
  return {
    kind: 'table',
    words: [2],
    rows: [['reason', 'items', 'what exactly'], ...rejections.map(({ reason, count, detail }) => [reason, formatCount(count), detail])],
  }
}

const purposes: Readonly<Record<string, string>> = {
  tasks: 'writing tasks',
  instructions: 'writing instructions',
  answer: 'answering',
  embeddings: 'embeddings',
}

/** Where the money went. */
export function spendingTable({ spending, report }: RunStory): Table {
  return {
    kind: 'table',
    words: [1],
    rows: [
      ['model', 'for', 'calls', 'tokens in', 'tokens out', 'cost', 'share'],
      ...spending.map(({ model, purpose, calls, inputTokens, outputTokens, costUsd }) => [
        model,
        purposes[purpose] ?? purpose,
        formatCount(calls),
        formatCount(inputTokens),
        formatCount(outputTokens),
        formatUsd(costUsd),
        costUsd === null || report.costUsd === null || report.costUsd === 0 ? '–' : formatPercent(costUsd / report.costUsd, 0),
      ]),
    ],
  }
}

const shownMetrics: readonly MetricName[] = ['vendi', 'effectiveClusters', 'distinct2', 'selfBleu', 'nearestRougeL', 'verbNounPairs', 'wordsMedian']

export function diversityTable({ datasets }: NonNullable<RunStory['diversity']>): Table {
  return {
    kind: 'table',
    words: [1 + datasets.length],
    rows: [
      ['measure', ...datasets.map(({ name }) => name), 'how to read it'],
      ...shownMetrics.map((name) => [
        name,
        ...datasets.map(({ metrics }) => {
          const { mean, sd } = metrics[name]
          const digits = mean >= 10 ? 1 : 3
          return Number.isNaN(mean) ? '–' : `${mean.toFixed(digits)} ± ${sd.toFixed(digits)}`
        }),
        name === 'wordsMedian' ? 'words per text, median' : metricDescriptions[name],
      ]),
    ],
  }
}

export function evaluationTable({ report: { evaluations } }: RunStory): Table {
  return {
    kind: 'table',
    words: [1],
    rows: [
      ['evaluator', 'model', 'items', 'score', '95 % interval'],
      ...evaluations.map(({ evaluator, round, items, mean, interval }) => [
        evaluator,
        round === 0 ? 'base' : `round ${round}`,
        formatCount(items),
        interval === null ? mean.toFixed(3) : formatPercent(mean),
        interval === null ? '–' : `${(interval.low * 100).toFixed(1)} to ${(interval.high * 100).toFixed(1)}`,
      ]),
    ],
  }
}

/** The promoted seeds from which most was kept. */
export function promotedTable({ seeds: { seeds } }: RunStory, most: number): Table {
  const promoted = seeds.filter(({ origin }) => origin === 'machine').sort((a, b) => b.kept - a.kept || a.addedRound - b.addedRound)
  return {
    kind: 'table',
    words: [6],
    rows: [
      ['seed', 'joined', 'signal', 'prompts', 'kept children', 'state', 'text'],
      ...promoted
        .slice(0, most)
        .map(({ seedId, addedRound, score, prompts, kept, children, state, evictedRound, instruction }) => [
          seedId,
          `round ${addedRound}`,
          score?.toFixed(3) ?? '–',
          formatCount(prompts),
          `${formatCount(kept)} of ${formatCount(children)}`,
          state === 'active' ? 'active' : `left in ${evictedRound}`,
          oneLine(instruction, 110),
        ]),
    ],
  }
}
