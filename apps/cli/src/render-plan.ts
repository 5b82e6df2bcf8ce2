import type { RunPlan } from '@sedi/kit'
import type { RunConfig } from '@sedi/spec'
import { formatCount, formatUsd } from './format.ts'

/** What a run would do and cost, before anything is sent. */
export function renderPlan(config: RunConfig, { estimate, seeds, testItems, benchmarkQuestions, notes }: RunPlan): string {
  const { generator, target, rounds } = config
  const followUps = estimate.followUpsPerCall
  const usd = (nano: number | null, digits: number): string => formatUsd(nano === null ? null : nano / 1e9, digits)
  const goals = [
    target.calls && `${formatCount(target.calls)} calls`,
    target.kept && `${formatCount(target.kept)} kept instructions`,
    target.costUsd && formatUsd(target.costUsd),
  ]
  return [
    `Plan · recipe ${config.recipe} · nothing was sent`,
    `  teacher       ${generator.id}${generator.model === undefined ? '' : ` ${generator.model}`}`,
    `  target        ${goals.filter((goal) => goal).join(' or ')} in ${rounds} rounds`,
    `  prompt        ${config.prompt.strategy}, ${config.prompt.seedsPerPrompt} of ${formatCount(seeds)} seeds, ${config.prompt.tasksPerCall} new tasks per call`,
    `  keep          ROUGE-L F ≤ ${config.filter.threshold}, heuristics ${config.filter.heuristics}`,
    `  checks        ${describeChecks(config)}${benchmarkQuestions === 0 ? '' : `; ${formatCount(benchmarkQuestions)} benchmark questions`}`,
    `  batches       ${config.batches.composer} (${config.batches.variant}), ${config.batches.size} examples each`,
    `  trainer       ${config.trainer.id}${config.trainer.id === 'none' ? '' : `, ${config.training.stepsPerRound === undefined ? `${config.training.epochsPerRound ?? 1} epochs` : `${config.training.stepsPerRound} steps`} per round`}`,
    `  feedback      ${config.trainer.id === 'none' || config.seedPolicy.rule === 'fixed' ? 'off: the seeds stay as they are' : `${config.feedback.signal} every ${config.feedback.everySteps} steps`}`,
    `  evaluation    ${config.evaluation.evaluators.length === 0 ? 'none' : `${config.evaluation.evaluators.join(', ')} on ${formatCount(testItems)} items`}`,
    `  tokens a call about ${formatCount(estimate.inputTokensPerCall.likely)} in (at most ${formatCount(estimate.inputTokensPerCall.atMost)}), at most ${formatCount(estimate.outputTokensPerCall.atMost)} out`,
    ...(followUps.atMost === 0
      ? []
      : [
          `  asked later   at most ${formatCount(followUps.atMost)} questions about the tasks of a call, for those that pass the filter: at most ${formatCount(followUps.inputTokensAtMost)} tokens in, ${formatCount(followUps.outputTokensAtMost)} out`,
        ]),
    `  cost          at most ${usd(estimate.worstCaseNanoUsdPerCall, 6)} a call${followUps.atMost === 0 ? '' : ' with its questions'}, ${estimate.worstCaseNanoUsd === null ? 'total not known beforehand' : `${usd(estimate.worstCaseNanoUsd, 4)} in all`}`,
    `  budget        ${config.budget.maxCostUsd === undefined ? 'none' : `pauses before ${formatUsd(config.budget.maxCostUsd)}`}`,
    ...notes.map((note) => `  note          ${note}`),
  ].join('\n')
}

/** `drop contamination; flag garbled, pii`. */
function describeChecks({ filter }: RunConfig): string {
  const ids = (mode: string): string[] => Object.keys(filter.checks).filter((id) => filter.checks[id] === mode)
  const parts = ['drop', 'flag'].flatMap((mode) => (ids(mode).length === 0 ? [] : [`${mode} ${ids(mode).join(', ')}`]))
  return parts.join('; ') || 'none'
}
