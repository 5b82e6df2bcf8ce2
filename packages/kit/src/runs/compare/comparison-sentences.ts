import { formatCount, formatP, formatPercent, formatSigned, formatUsd, sayP } from '../../format.ts'
import type { ComparedRun, EvaluationComparison, ReplicateComparison, RunComparison, ScoreDifference } from './comparison.ts'

type Compared = Pick<RunComparison, 'runs' | 'heldOut' | 'evaluations'> & { readonly unfinished: boolean }

/** The comparison in words that may be quoted as a whole, whichever way it falls; they end with how far it reaches. */
export function quoteOf(compared: Compared): string {
  const { runs, evaluations, unfinished } = compared
  const replicated = evaluations.flatMap((evaluation) => (evaluation.replicates === null ? [] : [replicateSentence(evaluation, evaluation.replicates)]))
  return [
    ...(replicated.length > 0 ? replicated : evaluations.flatMap((evaluation) => evaluation.differences.map((one) => scoreSentence(evaluation, one, runs)))),
    costSentence(runs),
    ...(unfinished ? ['Not all of these runs are done: this is how they stand, not how they end.'] : []),
    ...(replicated.length > 0 ? [] : [reachSentence(runs)]),
  ].join(' ')
}

function scoreSentence(
  evaluation: EvaluationComparison,
  { from, to, difference, interval, mcNemar, p, adjustedP, higher }: ScoreDifference,
  runs: readonly ComparedRun[],
): string {
  const { evaluator, items, means } = evaluation
  const [first, other] = [means.find(({ label }) => label === from)!, means.find(({ label }) => label === to)!]
  const nameOf = (label: string): string => runs.find((run) => run.label === label)!.name
  const shown = (value: number): string => scoreText(evaluation, value)
  const counts =
    mcNemar === null ? 'sign-flip' : `${formatCount(mcNemar.onlyFirst)} right in ${to} only, ${formatCount(mcNemar.onlySecond)} in ${from} only; exact McNemar`
  const pText = `${sayP(p)}${adjustedP > p ? `, ${formatP(adjustedP)} after Holm` : ''}`
  const measured =
    `On the same ${formatCount(items)} held-out items (${evaluator}) ${nameOf(to)} has ${shown(other.mean)} after round ${other.round} and ${nameOf(from)} ${shown(first.mean)} after round ${first.round}: ` +
    `${to} − ${from} = ${differenceText(evaluation, difference)}, 95 % interval ${intervalText(evaluation, interval)} over items (${counts} ${pText}).`
  return `${measured} ${verdict(evaluation, interval, higher, from, to)}`
}

function verdict(evaluation: EvaluationComparison, { low, high }: ScoreDifference['interval'], higher: string | null, from: string, to: string): string {
  if (low === high) return 'The two models score alike on every item.'
  if (higher === null) {
    const most = differenceText(evaluation, Math.max(Math.abs(low), Math.abs(high))).replace('+', '')
    return `The two models cannot be told apart by these items; a difference of up to ${most} is not excluded.`
  }
  const better = evaluation.higherIsBetter ? higher : higher === to ? from : to
  return `On items like these model ${better} is the better of the two.`
}

function replicateSentence(
  evaluation: EvaluationComparison,
  { fromRecipe, toRecipe, from, differences, mean, interval, p, overItemsToo }: ReplicateComparison,
): string {
  const [a, b] = fromRecipe === toRecipe ? [`the arm of ${from[0]}`, 'the other arm'] : [fromRecipe, toRecipe]
  const measured =
    `Over ${differences.length} pairs of runs with equal random seeds, on the same ${formatCount(evaluation.items)} held-out items (${evaluation.evaluator}): ${b} − ${a} = ` +
    `${differenceText(evaluation, mean)}, 95 % t interval ${intervalText(evaluation, interval)} over pairs (sign-flip ${sayP(p)}; over pairs and items ${intervalText(evaluation, overItemsToo)}).`
  const excludesZero = interval.low > 0 || interval.high < 0
  const better = interval.low > 0 === evaluation.higherIsBetter ? b : a
  const said =
    excludesZero && p < 0.05 ? `In this setting ${better} is the better of the two.` : 'No difference is shown, and none within the interval is excluded.'
  return `${measured} ${said}${differences.length < 10 ? ` These are ${differences.length} pairs; ten are the least for a claim about the method.` : ''}`
}

function costSentence(runs: readonly ComparedRun[]): string {
  const part = ({ name, report, keptShare }: ComparedRun): string =>
    `${name} kept ${formatCount(report.kept)} of ${formatCount(report.raw)} written${keptShare === null ? '' : ` (${formatPercent(keptShare.share)})`} with ${formatCount(report.calls)} calls for ${formatUsd(report.costUsd)}`
  const [first, ...others] = runs as [ComparedRun, ...ComparedRun[]]
  return `${runs.map(part).join('; ')}. For each kept instruction ${others.map((other) => savingOf(first, other)).join(', ')}.`
}

function savingOf(first: ComparedRun, other: ComparedRun): string {
  const [a, b] = [first.report.costPerKeptUsd, other.report.costPerKeptUsd]
  if (a === null || b === null || a === 0) return `the prices of ${first.label} and ${other.label} cannot be compared`
  const change = formatPercent(Math.abs(b / a - 1))
  if (Number.parseFloat(change) === 0) return `${other.label} paid as much as ${first.label} (${formatUsd(b, 6)})`
  return `${other.label} paid ${formatUsd(b, 6)}, ${change} ${b < a ? 'less' : 'more'} than ${first.label} (${formatUsd(a, 6)})`
}

function reachSentence(runs: readonly ComparedRun[]): string {
  const seeds = runs.map(({ label, randomSeed }) => `${label}: ${randomSeed}`).join(', ')
  return `Each is one run with one random seed (${seeds}): this comparison cannot say which method is better beyond these ${runs.length === 2 ? 'two' : runs.length} runs. That takes replicates, at least ten pairs with different random seeds.`
}

/** A score as people read it: per cent where it is a share. */
const scoreText = ({ isShare }: Pick<EvaluationComparison, 'isShare'>, value: number): string => (isShare ? formatPercent(value) : value.toFixed(4))

export const differenceText = ({ isShare }: Pick<EvaluationComparison, 'isShare'>, value: number): string =>
  isShare ? `${formatSigned(value * 100)} points` : formatSigned(value, 4)

export const intervalText = ({ isShare }: Pick<EvaluationComparison, 'isShare'>, { low, high }: { readonly low: number; readonly high: number }): string =>
  isShare ? `[${formatSigned(low * 100)}, ${formatSigned(high * 100)}]` : `[${formatSigned(low, 4)}, ${formatSigned(high, 4)}]`
