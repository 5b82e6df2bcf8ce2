import type { Card } from '@sedi/evaluation'
import { oneLine, shorten } from '@sedi/spec'
import { formatCount, formatPercent, formatUsd } from '../format.ts'
import type { NearestText } from '../runs/nearest-text.ts'
import type { RunStory } from './tell-run.ts'

/** What a reader has to know beside the figures: warnings, adaptations, failures, pauses. */
export function remarks({ report, notes, troubles, config }: RunStory): string[] {
  const { sessions, pauses, failures, adaptations, trainingFailures, changes } = troubles
  return [
    ...notes,
    ...report.warnings,
    ...(report.uncertainAttempts === 0
      ? []
      : [
          `${formatCount(report.uncertainAttempts)} attempts have no recorded answer: they may have been billed, at most ${formatUsd(report.uncertainUsd, 6)} on top of the cost above.`,
        ]),
    ...(report.waitingAttempts === 0
      ? []
      : [`${formatCount(report.waitingAttempts)} requests go on at the provider, at most ${formatUsd(report.waitingUsd, 6)} on top.`]),
    ...(report.surplusCalls === 0
      ? []
      : [`${formatCount(report.surplusCalls)} answers were bought beyond the target: paid and recorded, not part of the data.`]),
    ...adaptations,
    ...failures.map(
      ({ code, count, example }) =>
        `${formatCount(count)} ${count === 1 ? 'attempt' : 'attempts'} failed with ${code}${example === '' ? '' : `, for example: ${oneLine(example, 160)}`}`,
    ),
    ...trainingFailures.map((text) => oneLine(text, 200)),
    ...(sessions > 1 ? [`The run was carried by ${sessions} processes, one after another; that changes no result.`] : []),
    ...(report.state === 'done' ? pauses.map(({ state, reason }) => `It was ${state} once: ${oneLine(reason, 160)}`) : []),
    ...changes.map((change) => `Changed on the way: ${oneLine(change, 120)}`),
    ...(config.trainer.id === 'none' || report.steps === 0 || config.evaluation.evaluators.length > 0
      ? []
      : ['The student was not evaluated: whether training on this data helps is not known.']),
  ]
}

/** What is worth doing now, with the commands. */
export function nextSteps({ report, changes, rounds, config, spending }: RunStory): string[] {
  const { run, state, raw, kept, rejected } = report
  const share = (count: number): number => (raw === 0 ? 0 : count / raw)
  const first = rounds.find((round) => round.raw > 0)
  const last = rounds.findLast((round) => round.raw > 0)
  const worse = changes.filter(({ interval, adjustedP }) => interval.high < 0 && adjustedP < 0.05)
  const unclear = changes.filter(({ interval }) => interval.low <= 0 && interval.high >= 0)
  const isOpen = state === 'paused' || state === 'interrupted' || state === 'created'
  const falls = first !== undefined && last !== undefined && first !== last && last.kept / last.raw < 0.6 * (first.kept / first.raw)
  return [
    ...(isOpen ? [`Continue it: sedi resume ${run}`] : []),
    ...(state === 'failed' ? [`See what is wrong: sedi doctor ${run}; then: sedi resume ${run}`] : []),
    ...(share(rejected.malformed + rejected.truncated) > 0.15
      ? [
          `${formatPercent(share(rejected.malformed + rejected.truncated), 0)} of what was written could not be read or was cut off: ask for fewer tasks a call (prompt.tasksPerCall), or allow longer replies (generator.maxOutputTokens).`,
        ]
      : []),
    ...(share(rejected.similar) > 0.4
      ? [
          `${formatPercent(share(rejected.similar), 0)} repeats earlier texts: more varied seeds, or see what another threshold would keep: sedi filter-replay ${run} --thresholds 0.7,0.8,0.85,0.9`,
        ]
      : []),
    ...(falls
      ? [
          `The yield fell from ${formatPercent(first.kept / first.raw, 0)} in round ${first.round} to ${formatPercent(last.kept / last.raw, 0)} in round ${last.round}: a longer run of this kind pays more for each instruction.`,
        ]
      : []),
    ...(worse.length > 0
      ? ['The student became worse on the test set: lower training.learningRate, fewer epochs, or look at what it was trained on before more is bought.']
      : []),
    ...(unclear.length > 0 && worse.length === 0 ? ['The test set cannot tell whether training helped: more test items make the interval narrower.'] : []),
    ...(config.evaluation.evaluators.length === 0 && kept > 0
      ? ['Measure what the data is worth: evaluation.heldOut and evaluation.evaluators, or sedi evaluate.']
      : []),
    ...(spending.some(({ costUsd }) => costUsd === null) ? ['State the price (generator.price), so that costs are counted and a budget can be held.'] : []),
    ...(kept > 0 ? [`Look at the data itself: sedi explain ${run} <id>, sedi serve`, `Take it with you: sedi export ${run} --out data.jsonl`] : []),
  ]
}

/** Texts as they are, as far as they fit: a report is read, the data is exported. */
const mostCharacters = 600

const textsOf = ({ instruction, input, output }: { readonly instruction: string; readonly input: string; readonly output: string }): Card['texts'] =>
  (
    [
      ['instruction', instruction],
      ['input', input],
      ['output', output],
    ] as const
  )
    .filter(([, text]) => text.trim() !== '')
    .map(([label, text]) => [label, shorten(text, mostCharacters)])

export function keptCards({ examples }: RunStory): Card[] {
  return examples.kept.map(({ candidate, nearest }) => ({
    heading: `${candidate.id} · kept`,
    texts: textsOf(candidate),
    remark:
      nearest === undefined || candidate.nearestScore === null
        ? 'Like nothing before it.'
        : `Nearest earlier text, ROUGE-L ${candidate.nearestScore.toFixed(2)}${wordsOf(nearest)}`,
  }))
}

/** A page is passed on; what its owner had before the run (`filter.against`) is not passed on with it. `sedi explain` has the words. */
const wordsOf = ({ is, text }: NearestText): string => (is === 'existing' ? ', of the existing data' : `: “${oneLine(text, 160)}”`)

export function rejectedCards({ examples }: RunStory): Card[] {
  return examples.rejected.map(({ candidate, nearest }) => {
    const { id, reason, detail, nearestScore } = candidate
    const measure = reason === 'similar-meaning' ? 'cosine' : 'ROUGE-L'
    const likeness = nearest === undefined || nearestScore === null ? '' : `Too near to ${nearest.id}, ${measure} ${nearestScore.toFixed(2)}${wordsOf(nearest)}`
    return {
      heading: `${id} · rejected: ${reason}`,
      texts: textsOf(candidate),
      remark: likeness !== '' && (reason === 'similar' || reason === 'similar-meaning') ? likeness : oneLine(detail, 300),
    }
  })
}

export function promotedCards({ examples }: RunStory): Card[] {
  return examples.promoted.map(({ seed, parents, children }) => ({
    heading: `${seed.seedId} · a seed since the end of round ${seed.round}`,
    texts: textsOf(seed),
    remark: [
      `${seed.reason.charAt(0).toUpperCase()}${seed.reason.slice(1)}.`,
      parents.length === 0 ? '' : `Written from ${parents.map(({ seedId, origin }) => `${seedId} (${origin})`).join(', ')}.`,
      children.written === 0
        ? 'No prompt has shown it yet.'
        : `Of ${formatCount(children.written)} tasks written from it ${formatCount(children.kept)} were kept.`,
    ]
      .filter((part) => part !== '')
      .join(' '),
  }))
}
