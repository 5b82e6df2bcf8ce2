import { fitL1Logistic, type LogisticData, sigmoid } from './l1-logistic.ts'

export type JudgedItem = {
  readonly id: string
  /** 0 to 1: how far the student's answer is preferred. */
  readonly preference: number
  /** Characters of both answers. */
  readonly lengths: readonly [student: number, baseline: number]
  /** How hard the instruction is for any model, where it is known (AlpacaEval publishes it for its own). In all items or in none. */
  readonly difficulty?: number | undefined
}

/** A verdict on the baseline's own answer made shorter or longer: it holds the fit to “a model that equals the baseline wins half”. */
export type GamedItem = { readonly preference: number; readonly stdLengthDifference: number; readonly difficulty: number }

export type LengthControlled = {
  /** The win rate if all answers had the baseline's length, 0 to 1. */
  readonly winRate: number
  /** Standard error of the mean of the items' predictions. */
  readonly standardError: number
  /** AlpacaEval's name of the model that was fitted. */
  readonly form: 'length_controlled_v1' | 'length_controlled_noreg' | 'length_controlled_minimal'
  readonly coefficients: Readonly<Record<'length' | 'difficulty' | 'model', number>>
  /** The inverse penalty that cross-validation chose. */
  readonly c: number
}

const folds = 5
/** scikit-learn's `LogisticRegressionCV` default: ten values from 1e-4 to 1e4. */
const candidates = Array.from({ length: 10 }, (_, i) => 10 ** (-4 + (8 * i) / 9))
const gamedWeight = 0.2 / 2

/**
 * AlpacaEval 2's length-controlled win rate, for any judge: `preference ~ tanh(Δlength / sd) + difficulty + model` by L1 logistic regression, its
 * penalty chosen by 5-fold cross-validation, then predicted at Δlength = 0 and averaged. Δlength is baseline minus student, as there; sd is the
 * sample's (n − 1).
 *
 * The term `difficulty` is used when every item has one, the regulariser (weight 0.2 over the two gamed baselines) when gamed items are given as
 * well; without them this is AlpacaEval's `length_controlled_minimal`, whose figures are not those of its leaderboard.
 *
 * Returns why not, in words, where nothing can be fitted: fewer than 5 items, the same verdict on all of them (where
 * alpaca_eval 0.6.6 gives 50 to a model that always lost), or the same difference in length.
 * Source: alpaca_eval 0.6.6, `metrics/glm_winrate.py`; equal to it to 1e-4 (liblinear's tolerance). O(50 · sweeps · N).
 */
export function lengthControlledWinRate(items: readonly JudgedItem[], gamed: readonly GamedItem[] = []): LengthControlled | { readonly impossible: string } {
  if (items.length < folds) return { impossible: `length control needs at least ${folds} judged items; there are ${items.length}` }
  const known = items.filter(({ difficulty }) => difficulty !== undefined).length
  if (known > 0 && known < items.length) return { impossible: `a difficulty is known of ${known} of ${items.length} items; it must be of all or of none` }
  const differences = items.map(({ lengths: [student, baseline] }) => baseline - student)
  const sd = sampleSd(differences)
  if (!(sd > 0)) return { impossible: 'all answers differ from the baseline by the same length, so its effect cannot be told from the model’s' }
  if (new Set(items.map(({ preference }) => preference)).size === 1)
    return { impossible: 'the verdict is the same on all items, so there is nothing that length could explain' }
  const withDifficulty = known > 0
  const columns = withDifficulty ? 3 : 2
  const own = items.map(({ preference, difficulty }, i) => ({
    preference,
    difficulty: difficulty ?? 0,
    tanh: Math.tanh(differences[i]! / sd),
    model: 1,
    weight: 1,
  }))
  const others = withDifficulty
    ? gamed.map((one) => ({ preference: one.preference, difficulty: one.difficulty, tanh: Math.tanh(one.stdLengthDifference), model: 0, weight: gamedWeight }))
    : []
  // The gamed items come first, as there: it decides which fold a row is in.
  const rows = [...others, ...own]
  const data: LogisticData = {
    features: Float64Array.from(rows.flatMap((row) => (withDifficulty ? [row.tanh, row.difficulty, row.model] : [row.tanh, row.model]))),
    columns,
    targets: Float64Array.from(rows, ({ preference }) => preference),
    weights: Float64Array.from(rows, ({ weight }) => weight),
  }
  const c = chooseC(data)
  const fitted = fitL1Logistic(data, c)
  const [length, difficulty, model] = withDifficulty ? [fitted[0]!, fitted[1]!, fitted[2]!] : [fitted[0]!, 0, fitted[1]!]
  const predicted = own.map((row) => sigmoid(difficulty * row.difficulty + model))
  const winRate = predicted.reduce((sum, value) => sum + value, 0) / predicted.length
  return {
    winRate,
    standardError: sampleSd(predicted) / Math.sqrt(predicted.length),
    form: others.length > 0 ? 'length_controlled_v1' : withDifficulty ? 'length_controlled_noreg' : 'length_controlled_minimal',
    coefficients: { length, difficulty, model },
    c,
  }
}

/** The candidate with the lowest mean log-loss over the held-out folds; the smallest of equal ones. Rows go to folds in turn from the last one, as in scikit-learn's GroupKFold. */
function chooseC(data: LogisticData): number {
  const N = data.targets.length
  const foldOf = (row: number): number => (N - 1 - row) % folds
  const losses = candidates.map((c) => {
    let sum = 0
    for (let fold = 0; fold < folds; fold++) {
      const fitted = fitL1Logistic(
        subset(data, (row) => foldOf(row) !== fold),
        c,
      )
      sum += meanLoss(
        subset(data, (row) => foldOf(row) === fold),
        fitted,
      )
    }
    return sum / folds
  })
  return candidates[losses.indexOf(Math.min(...losses))]!
}

function subset({ features, columns, targets, weights }: LogisticData, keep: (row: number) => boolean): LogisticData {
  const rows = Array.from(targets.keys()).filter(keep)
  return {
    features: Float64Array.from(rows.flatMap((row) => [...features.subarray(row * columns, (row + 1) * columns)])),
    columns,
    targets: Float64Array.from(rows, (row) => targets[row]!),
    weights: Float64Array.from(rows, (row) => weights[row]!),
  }
}

/** Probabilities are kept 1e-15 away from 0 and 1, as there. */
function meanLoss({ features, columns, targets, weights }: LogisticData, coefficients: Float64Array): number {
  let sum = 0
  targets.forEach((target, row) => {
    let score = 0
    for (let d = 0; d < columns; d++) score += features[row * columns + d]! * coefficients[d]!
    const p = Math.min(Math.max(sigmoid(score), 1e-15), 1 - 1e-15)
    sum -= weights[row]! * (target * Math.log(p) + (1 - target) * Math.log(1 - p))
  })
  return sum / targets.length
}

function sampleSd(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
