/** Rows of a logistic regression whose targets are probabilities. */
export type LogisticData = {
  /** (N, D) row-major; there is no intercept beside what the columns hold. */
  readonly features: Float64Array
  readonly columns: number
  /** (N,) in [0, 1]. */
  readonly targets: Float64Array
  /** (N,) 0 or more. */
  readonly weights: Float64Array
}

const maxSweeps = 20_000
const tolerance = 1e-10

/**
 * Logistic regression with an L1 penalty: the D coefficients w that minimise
 * `|w|₁ + c · Σᵢ weightᵢ · logloss(targetᵢ, σ(xᵢ·w))`, as liblinear's `L1R_LR` (a fractional target is a row of each class with those weights).
 *
 * Cyclic coordinate descent, each step the minimum of the coordinate's second-order bound (curvature at most ¼), to 1e-10; liblinear itself
 * stops at 1e-4, so values agree to about that. The minimum is unique unless columns are dependent. O(sweeps · N · D).
 * Throws RangeError when shapes do not fit or c is not above 0.
 */
export function fitL1Logistic({ features, columns: D, targets, weights }: LogisticData, c: number): Float64Array {
  const N = targets.length
  if (features.length !== N * D || weights.length !== N)
    throw new RangeError(`fitL1Logistic: expected ${N} × ${D} features and ${N} weights, got ${features.length} and ${weights.length}`)
  if (!(c > 0)) throw new RangeError(`fitL1Logistic: expected c above 0, got ${c}`)
  const coefficients = new Float64Array(D)
  const scores = new Float64Array(N) // xᵢ·w
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let largest = 0
    for (let d = 0; d < D; d++) largest = Math.max(largest, Math.abs(step(d)))
    if (largest < tolerance) break
  }
  return coefficients

  /** Moves one coefficient; returns by how much. Newton's curvature where the step it gives lowers the objective, else the bound. */
  function step(d: number): number {
    let gradient = 0
    let curvature = 0
    for (let i = 0; i < N; i++) {
      const x = features[i * D + d]!
      const p = sigmoid(scores[i]!)
      gradient += c * weights[i]! * (p - targets[i]!) * x
      curvature += c * weights[i]! * Math.max(p * (1 - p), 1e-6) * x * x
    }
    if (curvature === 0) return 0
    const old = coefficients[d]!
    let change = softThreshold(old - gradient / curvature, 1 / curvature) - old
    // The Newton step may overshoot; halving it reaches a point that is lower.
    while (Math.abs(change) > tolerance && rise(d, change) > 0) change /= 2
    coefficients[d] = old + change
    for (let i = 0; i < N; i++) scores[i]! += change * features[i * D + d]!
    return change
  }

  /** The objective's change when a coefficient changes. */
  function rise(d: number, change: number): number {
    let sum = Math.abs(coefficients[d]! + change) - Math.abs(coefficients[d]!)
    for (let i = 0; i < N; i++) {
      const before = scores[i]!
      const after = before + change * features[i * D + d]!
      sum += c * weights[i]! * (softplus(after) - softplus(before) - targets[i]! * (after - before))
    }
    return sum
  }
}

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

const softThreshold = (value: number, by: number): number => Math.sign(value) * Math.max(0, Math.abs(value) - by)
