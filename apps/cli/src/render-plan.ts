import type { RunPlan } from '@sedi/kit'
import type { RunConfig } from '@sedi/spec'
import { formatCount, formatPercent, formatUsd } from './format.ts'

/** What a run would do and cost, before anything is sent. @param remark beside its heading */
export function renderPlan(
  config: RunConfig,
  { estimate, seeds, testItems, benchmarkQuestions, existingTexts, signal, mask, notes }: RunPlan,
  remark = '',
): string {
  const { target, rounds } = config
  const followUps = estimate.followUpsPerCall
  const goals = [
    target.calls && `${formatCount(target.calls)} calls`,
    target.kept && `${formatCount(target.kept)} kept instructions`,
    target.costUsd && formatUsd(target.costUsd),
  ]
  return [
    `Plan · recipe ${config.recipe}${remark === '' ? '' : ` · ${remark}`}`,
    `  teacher       ${teacherOf(config)}`,
    `  target        ${goals.filter((goal) => goal).join(' or ')} in ${rounds} rounds`,
    `  prompt        ${config.prompt.strategy}, ${config.prompt.seedsPerPrompt} of ${formatCount(seeds)} seeds, ${config.prompt.tasksPerCall} new tasks per call`,
    `  keep          ROUGE-L F ≤ ${config.filter.threshold}, heuristics ${config.filter.heuristics}${describeSemantic(config)}${existingTexts === 0 ? '' : `; beside the seeds against ${formatCount(existingTexts)} existing text${existingTexts === 1 ? '' : 's'}`}`,
    `  checks        ${describeChecks(config)}${benchmarkQuestions === 0 ? '' : `; ${formatCount(benchmarkQuestions)} benchmark question${benchmarkQuestions === 1 ? '' : 's'}`}`,
    `  batches       ${config.batches.composer} (${config.batches.variant}), ${config.batches.size} examples each`,
    `  trainer       ${config.trainer.id}${config.trainer.id === 'none' ? '' : `, ${paceText(config)} per round`}`,
    ...(mask === 'none' ? [] : [`  mask          ${maskText(config, mask)}`]),
    `  feedback      ${config.trainer.id === 'none' || config.seedPolicy.rule === 'fixed' ? 'off: the seeds stay as they are' : `${config.seedPolicy.rule}${signal === undefined ? '' : `, by ${signal} every ${config.feedback.everySteps} steps`}`}`,
    `  evaluation    ${config.evaluation.evaluators.length === 0 ? 'none' : `${config.evaluation.evaluators.join(', ')} on ${formatCount(testItems)} items`}`,
    `  tokens a call about ${formatCount(estimate.inputTokensPerCall.likely)} in (at most ${formatCount(estimate.inputTokensPerCall.atMost)}), at most ${formatCount(estimate.outputTokensPerCall.atMost)} out`,
    ...(followUps.atMost === 0
      ? []
      : [
          `  asked later   at most ${formatCount(followUps.atMost)} questions about the tasks of a call, for those that pass the filter: at most ${formatCount(followUps.inputTokensAtMost)} tokens in, ${formatCount(followUps.outputTokensAtMost)} out`,
        ]),
    `  cost          ${describeCost(config, estimate)}${buysEmbeddings(config) ? '; embeddings come on top' : ''}`,
    `  budget        ${describeBudget(config)}`,
    ...notes.map((note) => `  note          ${note}`),
  ].join('\n')
}

/** Provider, preset and model: `openai (groq) llama-3.3-70b-versatile`. */
export function teacherOf({ generator }: RunConfig): string {
  const preset = 'preset' in generator ? generator.preset : undefined
  return [generator.id, preset === undefined ? '' : `(${preset})`, generator.model ?? ''].filter((part) => part !== '').join(' ')
}

function describeSemantic({ filter: { semantic } }: RunConfig): string {
  return semantic === undefined ? '' : `, cosine of ${semantic.embedder.id} ≤ ${semantic.threshold}`
}

function describeCost({ target, prompt }: RunConfig, { worstCaseNanoUsdPerCall, worstCaseNanoUsd, followUpsPerCall }: RunPlan['estimate']): string {
  if (worstCaseNanoUsdPerCall === null) return 'unknown, as the price is'
  const perCall = `at most ${formatUsd(worstCaseNanoUsdPerCall / 1e9, 6)} a call${followUpsPerCall.atMost === 0 ? '' : ' with its questions'}`
  if (worstCaseNanoUsd !== null) return `${perCall}, ${formatUsd(worstCaseNanoUsd / 1e9)} in all`
  if (target.kept === undefined) return `${perCall}, total not known beforehand`
  const fewest = Math.ceil(target.kept / prompt.tasksPerCall)
  return `${perCall}; were every task kept, ${formatCount(fewest)} calls, at most ${formatUsd((fewest * worstCaseNanoUsdPerCall) / 1e9)}`
}

const buysEmbeddings = ({ embedder, filter }: RunConfig): boolean =>
  [embedder, filter.semantic?.embedder].some((one) => one !== undefined && 'price' in one && one.price !== undefined)

function describeBudget({ budget }: RunConfig): string {
  const caps = [budget.maxCostUsd && formatUsd(budget.maxCostUsd), budget.maxTokens && `${formatCount(budget.maxTokens)} tokens`].filter((cap) => cap)
  return caps.length === 0 ? 'none' : `pauses before ${caps.join(' or ')}`
}

/** `drop contamination; flag garbled, pii`. */
function describeChecks({ filter }: RunConfig): string {
  const ids = (mode: string): string[] => Object.keys(filter.checks).filter((id) => filter.checks[id] === mode)
  const parts = ['drop', 'flag'].flatMap((mode) => (ids(mode).length === 0 ? [] : [`${mode} ${ids(mode).join(', ')}`]))
  return parts.join('; ') || 'none'
}

function maskText({ training: { maskThreshold, maskShare, maskWarmShare } }: RunConfig, mask: 'gap' | 'trim'): string {
  const which =
    mask === 'gap'
      ? `rows where the student prefers another answer by ${maskThreshold} nats per token`
      : `the ${formatPercent(maskShare, 0)} of each batch with the highest losses`
  return `${mask}: leaves out of the loss ${which}, after the first ${formatPercent(maskWarmShare, 0)} of the rounds`
}

function paceText({ training: { stepsPerRound, epochsPerRound = 1 } }: RunConfig): string {
  if (stepsPerRound !== undefined) return `${stepsPerRound} steps`
  return epochsPerRound === 1 ? '1 epoch' : `${epochsPerRound} epochs`
}
