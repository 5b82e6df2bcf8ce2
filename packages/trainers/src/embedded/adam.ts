/** AdamW's memory; both vectors are changed in place by `adamStep`. */
export type AdamState = {
  /** Running mean of the gradient. (P,) */
  readonly first: Float32Array
  /** Running mean of its square. (P,) */
  readonly second: Float32Array
  /** Updates made, across jobs. */
  updates: number
}

const adamBeta1 = 0.9
/** 0.98 rather than the usual 0.999: a job has hundreds of steps, and a mean over the last thousand would hardly begin to move. */
const adamBeta2 = 0.98
const epsilon = 1e-8

export function createAdamState(parameterCount: number): AdamState {
  return { first: new Float32Array(parameterCount), second: new Float32Array(parameterCount), updates: 0 }
}

/** L2 norm, summed in float64. NaN and infinity show. */
export function gradientNorm(gradient: Float32Array): number {
  let sum = 0
  for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!
  return Math.sqrt(sum)
}

/** What a gradient of this norm is multiplied by so that its norm is at most `maxNorm` (as `torch.nn.utils.clip_grad_norm_`, epsilon included). */
export function clipFactor(norm: number, maxNorm: number): number {
  return Math.min(1, maxNorm / (norm + 1e-6))
}

/**
 * One AdamW update in place (Loshchilov and Hutter 2019, algorithm 2, as in torch.optim.AdamW):
 * `p -= lr·decay·p`, `m = b1 m + (1-b1) g`, `v = b2 v + (1-b2) g²`, `p -= lr · m̂ / (sqrt(v̂) + 1e-8)` with bias-corrected m̂, v̂.
 *
 * `gradient` (P,) is used times `gradientScale`; `decayed` lists the [from, to) ranges of the flat vector that weight decay applies to.
 */
export function adamStep(
  parameters: Float32Array,
  state: AdamState,
  gradient: Float32Array,
  options: {
    readonly learningRate: number
    readonly weightDecay: number
    readonly gradientScale: number
    readonly decayed: readonly (readonly [number, number])[]
  },
): void {
  const { learningRate, gradientScale } = options
  const { first, second } = state
  const shrink = 1 - learningRate * options.weightDecay
  if (shrink !== 1) {
    for (const [from, to] of options.decayed) for (let i = from; i < to; i++) parameters[i]! *= shrink
  }
  state.updates++
  const correction1 = 1 - adamBeta1 ** state.updates
  const correction2 = 1 - adamBeta2 ** state.updates
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i]! * gradientScale
    const m = adamBeta1 * first[i]! + (1 - adamBeta1) * g
    const v = adamBeta2 * second[i]! + (1 - adamBeta2) * g * g
    first[i] = m
    second[i] = v
    parameters[i]! -= (learningRate * (m / correction1)) / (Math.sqrt(v / correction2) + epsilon)
  }
}
